import {at} from '../../util/at';
import type {GpuBindGroup, GpuBuffer, GpuDevice, GpuLayout} from './device';

/** The latest groups, by their last buffers, and the parts that they were made from. */
const last = new WeakMap<GpuBuffer, {readonly parts: readonly unknown[]; readonly group: GpuBindGroup}>();

/**
 * The bind group of a parameter: a part of `uniforms`, then whole buffers, of which there is at least one. It is reused
 * from step to step while its parts are the same.
 */
export function groupOf(
  device: GpuDevice,
  layout: GpuLayout,
  uniforms: GpuBuffer,
  offset: number,
  size: number,
  buffers: readonly GpuBuffer[],
): GpuBindGroup {
  const key = at(buffers, buffers.length - 1);
  const parts = [layout, uniforms, offset, ...buffers];
  const made = last.get(key);
  if (made?.parts.every((part, i) => part === parts[i]) === true) return made.group;
  const group = device.createBindGroup({
    layout,
    entries: [
      {binding: 0, resource: {buffer: uniforms, offset, size}},
      ...buffers.map((buffer, i) => ({binding: i + 1, resource: {buffer}})),
    ],
  });
  last.set(key, {parts, group});
  return group;
}
