/** The WGSL of our kernels. The uniforms are the same for all. */

/** Threads per workgroup. Every machine can have as many. */
export const WORKGROUP = 256;

const header = (inputs: readonly string[], outputs: readonly string[]): string => `
struct Uniforms {
  rows: u32, inner: u32, epsilon: f32, factor: f32,
  width: u32,
  shape: vec4<u32>,
  strides: vec4<u32>,
}
@group(0) @binding(0) var<uniform> uniforms: Uniforms;
${[...inputs.map(name => ['read', name] as const), ...outputs.map(name => ['read_write', name] as const)]
  .map(([access, name], i) => `@group(0) @binding(${i + 1}) var<storage, ${access}> ${name}: array<f32>;`)
  .join('\n')}
`;

/**
 * Each workgroup sums `width` columns, a power of two. Neighbouring threads read neighbouring columns. The threads of a
 * column take turns along it, and then add their sums in pairs.
 * @param term what a thread adds to `sums` for the element `i`.
 * @param end what the first thread does with the totals.
 */
const columns = (type: string, start: string, term: string, end: string): string => `
var<workgroup> parts: array<${type}, ${WORKGROUP}>;
@compute @workgroup_size(${WORKGROUP})
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let width = uniforms.width;
  let column = group.x * width + lane % width;
  var sums = ${type}();
  if (column < uniforms.inner) {
    ${start}
    for (var row = lane / width; row < uniforms.rows; row += ${WORKGROUP}u / width) {
      let i = row * uniforms.inner + column;
      sums += ${term};
    }
  }
  parts[lane] = sums;
  workgroupBarrier();
  for (var span = ${WORKGROUP / 2}u; span >= width; span /= 2u) {
    if (lane < span) { parts[lane] += parts[lane + span]; }
    workgroupBarrier();
  }
  if (lane < width && column < uniforms.inner) {
    let total = parts[lane];
    ${end}
  }
}`;

/** A thread per element, and more elements per thread where there are more than threads can be. */
const elements = (count: string, body: string): string => `
@compute @workgroup_size(${WORKGROUP})
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  for (var i = id.x; i < ${count}; i += groups.x * ${WORKGROUP}u) {
    ${body}
  }
}`;

export interface Shader {
  readonly code: string;
  readonly inputs: number;
}

const shader = (inputs: readonly string[], outputs: readonly string[], body: string): Shader => ({
  code: header(inputs, outputs) + body,
  inputs: inputs.length,
});

export const COLUMN_SUMS = shader(
  ['x'],
  ['out'],
  columns('f32', '', 'x[i]', 'out[column] = uniforms.factor * total;'),
);

export const REPEATED = shader(
  ['dy'],
  ['out'],
  elements(
    'uniforms.rows',
    `let shape = uniforms.shape;
    let w = i % shape.w;
    let z = (i / shape.w) % shape.z;
    let y = (i / shape.w / shape.z) % shape.y;
    let x = i / shape.w / shape.z / shape.y;
    let at = vec4<u32>(x, y, z, w) * uniforms.strides;
    out[i] = uniforms.factor * dy[at.x + at.y + at.z + at.w];`,
  ),
);

/** The gradients of scale and offset. */
export const BATCH_NORM_SUMS = shader(
  ['dy', 'x', 'mean', 'variance'],
  ['dScale', 'dOffset'],
  columns(
    'vec2<f32>',
    'let center = mean[column];',
    'vec2<f32>(dy[i], dy[i] * (x[i] - center))',
    `dScale[column] = inverseSqrt(variance[column] + uniforms.epsilon) * total.y;
    dOffset[column] = total.x;`,
  ),
);

/** The gradients of x, mean and variance, from those of scale and offset. Each element of x is an element here. */
export const batchNormSlopes = (hasScale: boolean): Shader =>
  shader(
    ['dy', 'variance', 'dScale', 'dOffset', ...(hasScale ? ['scale'] : [])],
    ['dx', 'dMean', 'dVariance'],
    elements(
      'uniforms.rows * uniforms.inner',
      `let channel = i % uniforms.inner;
    let inv = inverseSqrt(variance[channel] + uniforms.epsilon);
    let factor = inv${hasScale ? ' * scale[channel]' : ''};
    dx[i] = dy[i] * factor;
    if (i < uniforms.inner) {
      dMean[i] = -factor * dOffset[i];
      dVariance[i] = -0.5 * inv * factor * dScale[i];
    }`,
    ),
  );
