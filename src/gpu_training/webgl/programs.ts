/** The GLSL of our kernels, as programs of tfjs. All textures are packed by 2 × 2. */
import {util} from '@tensorflow/tfjs-core';

import {at} from '../../util/at';

/** What tfjs's WebGL backend compiles and runs. It caches programs by their text and by the shapes of their inputs. */
export interface Program {
  readonly variableNames: string[];
  readonly outputShape: number[];
  readonly userCode: string;
  readonly packedInputs: true;
  readonly packedOutput: boolean;
}

/** Matrices of one tensor: `count` of `rows` × `columns`. Textures are packed within each matrix. */
export type Matrices = readonly [count: number, rows: number, columns: number];

const program = (variableNames: string[], outputShape: number[], userCode: string, packedOutput = true): Program => ({
  variableNames,
  outputShape,
  userCode,
  packedInputs: true,
  packedOutput,
});

/** A GLSL number: digits with a point or an exponent. */
function float(value: number): string {
  const text = String(value);
  return /[.e]/.test(text) ? text : `${text}.0`;
}

/** Goes through the blocks of 2 × 2 elements of two columns, from `first` on in steps of `step`. */
const overBlocks = ([count, rows]: Matrices, first: string, step: number, body: string): string => {
  const blocks = Math.ceil(rows / 2);
  const all = count * blocks;
  return `
      for (int turn = 0; turn < ${Math.ceil(all / step)}; turn++) {
        int block = ${first} + turn * ${step};
        if (block < ${all}) {
          int matrix = block / ${blocks};
          int row = 2 * (block - matrix * ${blocks});
          // Values beside the tensor may be anything.
          bool hasSecond = row + 1 < ${rows};
          ${body}
        }
      }`;
};

/**
 * Sets the output, and 0 beside the tensor, where tfjs's products need zeros. A product with 0 would not do: values
 * beside an input may be infinite.
 * @param right whether the second column of a block is part of the tensor.
 * @param below whether the second row is.
 */
const setMasked = (value: string, right: string, below = 'true'): string => `
      vec4 value = ${value};
      bool right = ${right};
      bool below = ${below};
      setOutput(vec4(value.x, right ? value.y : 0.0, below ? value.z : 0.0, right && below ? value.w : 0.0));`;

/** factor · parts of the sums of all columns: [parts, columns]. Part p sums the blocks p, p + parts, p + 2 · parts … */
export function columnSums(x: Matrices, parts: number, factor: number): Program {
  const [, , columns] = x;
  const part = (name: string, first: string): string => `
      vec2 ${name} = vec2(0.0);${overBlocks(
        x,
        first,
        parts,
        `vec4 found = getX(matrix, row, column);
          ${name} += found.xy + (hasSecond ? found.zw : vec2(0.0));`,
      )}`;
  return program(
    ['X'],
    [parts, columns],
    `
    void main() {
      ivec2 at = getOutputCoords();
      int column = at.y;
      ${part('upper', 'at.x')}
      vec2 lower = vec2(0.0);
      ${
        parts === 1
          ? ''
          : `if (at.x + 1 < ${parts}) {${part('next', 'at.x + 1')}
        lower = next;
      }`
      }
      ${setMasked(`${float(factor)} * vec4(upper, lower)`, `column + 1 < ${columns}`)}
    }`,
  );
}

/** Parts of Σ dy, in even rows, and of Σ dy · (x - mean), in odd rows: [2 · parts, columns]. */
export function batchNormParts(x: Matrices, parts: number): Program {
  const [, , columns] = x;
  return program(
    ['Dy', 'X', 'Mean'],
    [2 * parts, columns],
    `
    void main() {
      ivec2 at = getOutputCoords();
      int column = at.y;
      vec2 center = getMean(column).xy;
      vec2 s = vec2(0.0);
      vec2 t = vec2(0.0);${overBlocks(
        x,
        'at.x / 2',
        parts,
        `vec4 dy = getDy(matrix, row, column);
          vec4 x = getX(matrix, row, column);
          s += dy.xy;
          t += dy.xy * (x.xy - center);
          if (hasSecond) {
            s += dy.zw;
            t += dy.zw * (x.zw - center);
          }`,
      )}
      ${setMasked('vec4(s, t)', `column + 1 < ${columns}`)}
    }`,
  );
}

const inverse = (epsilon: number, column: string): string =>
  `inversesqrt(getVariance(${column}) + vec4(${float(epsilon)}))`;

/** The gradients of mean, variance, scale and offset as rows of an unpacked texture: [4, columns]. */
export function batchNormVectors(columns: number, parts: number, epsilon: number, hasScale: boolean): Program {
  return program(
    ['Parts', 'Variance', ...(hasScale ? ['Scale'] : [])],
    [4, columns],
    `
    void main() {
      ivec2 at = getOutputCoords();
      int column = at.y - at.y / 2 * 2 == 0 ? at.y : at.y - 1;
      vec4 sums = vec4(0.0);
      for (int part = 0; part < ${parts}; part++) sums += getParts(2 * part, column);
      vec4 inverses = ${inverse(epsilon, 'column')};
      vec4 scales = ${hasScale ? 'getScale(column)' : 'vec4(1.0)'};
      float s = column == at.y ? sums.x : sums.y;
      float t = column == at.y ? sums.z : sums.w;
      float inv = column == at.y ? inverses.x : inverses.y;
      float scale = column == at.y ? scales.x : scales.y;
      float slope = s;
      if (at.x == 0) slope = -inv * scale * s;
      if (at.x == 1) slope = -0.5 * inv * inv * inv * scale * t;
      if (at.x == 2) slope = inv * t;
      setOutput(slope);
    }`,
    false,
  );
}

/** The gradient of x. */
export function batchNormSlopes([count, rows, columns]: Matrices, epsilon: number, hasScale: boolean): Program {
  return program(
    ['Dy', 'Variance', ...(hasScale ? ['Scale'] : [])],
    [count, rows, columns],
    `
    void main() {
      ivec3 at = getOutputCoords();
      vec2 factor = (${inverse(epsilon, 'at.z')}${hasScale ? ' * getScale(at.z)' : ''}).xy;
      ${setMasked('getDy(at.x, at.y, at.z) * vec4(factor, factor)', `at.z + 1 < ${columns}`, `at.y + 1 < ${rows}`)}
    }`,
  );
}

/** factor · dy, repeated. dy has the rank of the output. */
export function repeated(shape: number[], factor: number): Program {
  const rank = shape.length;
  const [type, row, column] = rank === 1 ? ['int', '0', 'at'] : [`ivec${rank}`, `at[${rank - 2}]`, `at[${rank - 1}]`];
  const [rows, columns] = [rank === 1 ? 1 : at(shape, rank - 2), at(shape, rank - 1)];
  return program(
    ['Dy'],
    shape,
    `
    void main() {
      ${type} at = getOutputCoords();
      ${setMasked(`${float(factor)} * getDyAtOutCoords()`, `${column} + 1 < ${columns}`, `${row} + 1 < ${rows}`)}
    }`,
  );
}

/** x as matrices whose columns are the last axis. Its packed texture stays as it is. */
export function matricesOf(shape: readonly number[]): Matrices {
  const columns = at(shape, shape.length - 1);
  const rows = shape.length === 1 ? 1 : at(shape, shape.length - 2);
  return [util.sizeFromShape(shape.slice(0, -2)), rows, columns];
}
