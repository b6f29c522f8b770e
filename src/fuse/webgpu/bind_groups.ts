import type {GpuBindGroup, GpuBuffer, GpuDevice, GpuLayout} from './device';

/** The groups that were made last, by the last buffer of theirs, and what they are of. */
const last = new WeakMap<GpuBuffer, {readonly parts: readonly unknown[]; readonly group: GpuBindGroup}>();

/**
 * What is bound for a parameter, which from step to step is mostly the same: a part of `uniforms`, then whole buffers.
 */
export function groupOf(
  device: GpuDevice,
  layout: GpuLayout,
  uniforms: GpuBuffer,
  offset: number,
  size: number,
  buffers: readonly GpuBuffer[],
): GpuBindGroup {
  const key = buffers.at(-1) ?? uniforms;
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
