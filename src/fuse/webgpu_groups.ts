import {OWN_WORDS} from './webgpu_shader';
import type {GpuBindGroup, GpuBuffer, GpuDevice, GpuLayout} from './webgpu_device';

interface Made {
  readonly group: GpuBindGroup;
  readonly layout: GpuLayout;
  readonly buffers: readonly GpuBuffer[];
  readonly scratch: GpuBuffer;
  readonly uniforms: GpuBuffer;
  readonly slotsAt: number;
  readonly ownAt: number;
}

/** The groups that were made last, by the first buffer of theirs. */
const last = new WeakMap<GpuBuffer, Made>();

/** What is bound for a parameter: from step to step mostly the same. */
export function groupOf(device: GpuDevice, layout: GpuLayout, buffers: readonly GpuBuffer[], scratch: GpuBuffer, uniforms: GpuBuffer, slotsAt: number,
  slotBytes: number, ownAt: number): GpuBindGroup {
  const [first = scratch] = buffers;
  const made = last.get(first);
  if (made !== undefined && made.layout === layout && made.scratch === scratch && made.uniforms === uniforms && made.slotsAt === slotsAt
    && made.ownAt === ownAt && made.buffers.every((buffer, i) => buffer === buffers[i])) return made.group;
  const group = device.createBindGroup({layout, entries: [
    {binding: 0, resource: {buffer: scratch}},
    {binding: 1, resource: {buffer: uniforms, offset: slotsAt, size: slotBytes}},
    {binding: 2, resource: {buffer: uniforms, offset: ownAt, size: 4 * OWN_WORDS}},
    ...buffers.map((buffer, i) => ({binding: i + 3, resource: {buffer}})),
  ]});
  last.set(first, {group, layout, buffers, scratch, uniforms, slotsAt, ownAt});
  return group;
}
