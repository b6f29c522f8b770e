import fc from 'fast-check';

import {tf} from '../support/tfjs';
import {sizeOf, values} from './values';

/** A call of a kernel. */
export interface Problem {
  readonly inputs: Readonly<Record<string, readonly number[]>>;
  readonly attrs: NonNullable<Parameters<ReturnType<typeof tf.engine>['runKernel']>[2]>;
  /** Inputs of whole numbers from `from` to below `to`; the others are real. */
  readonly whole?: Readonly<Record<string, {readonly from: number; readonly to: number}>>;
  /** Inputs that must be above 0. */
  readonly positive?: readonly string[];
}

/** The inputs of a problem. The same seed gives the same values. */
export function inputsOf(
  {inputs, whole = {}, positive = []}: Problem,
  seed: number,
): Record<string, ReturnType<typeof tf.tensor>> {
  return Object.fromEntries(
    Object.entries(inputs).map(([name, shape], i) => {
      const reals = values(sizeOf(shape), seed + i);
      const range = whole[name];
      if (range !== undefined) {
        return [
          name,
          tf.tensor(
            Int32Array.from(reals, x => Math.floor(range.from + ((x + 1) / 2) * (range.to - range.from))),
            [...shape],
            'int32',
          ),
        ];
      }
      return [name, tf.tensor(positive.includes(name) ? reals.map(x => 1.1 + x) : reals, [...shape])];
    }),
  );
}

const upTo = (most: number): fc.Arbitrary<number> => fc.integer({min: 1, max: most});
const shape = (rank: number, most: number): fc.Arbitrary<number[]> =>
  fc.array(upTo(most), {minLength: rank, maxLength: rank});

type Quad = [number, number, number, number];
type Border = [number, number];
type ExplicitPad = [Border, Border, Border, Border];

interface Convolution {
  readonly x: Quad;
  readonly dy: Quad;
  readonly filter: Quad;
  readonly attrs: {
    readonly strides: [number, number];
    readonly pad: 'same' | 'valid' | number | ExplicitPad;
    readonly dataFormat: 'NHWC' | 'NCHW';
  };
}

const border = fc.tuple(fc.nat(2), fc.nat(2));
const pad = fc.oneof(
  fc.constantFrom('same' as const, 'valid' as const),
  fc.nat(2),
  fc.tuple(border, border).map(([rows, columns]): ExplicitPad => [[0, 0], rows, columns, [0, 0]]),
);

const convolution = (isDepthwise: boolean): fc.Arbitrary<Convolution> =>
  fc
    .record({
      batch: upTo(3),
      size: fc.tuple(upTo(11), upTo(11)),
      filter: fc.tuple(upTo(4), upTo(4)),
      inChannels: upTo(10),
      last: upTo(isDepthwise ? 3 : 19),
      strides: fc.tuple(upTo(3), upTo(3)),
      pad,
      dataFormat: fc.constantFrom('NHWC' as const, 'NCHW' as const),
    })
    .map(p => {
      const filter: Quad = [...p.filter, p.inChannels, p.last];
      const x: Quad = [p.batch, ...p.size, p.inChannels];
      // tfjs's depthwise kernels know channels last only, and so does explicit padding.
      const isFirst = p.dataFormat === 'NCHW' && !isDepthwise && !Array.isArray(p.pad);
      const {outShape: dy} = tf.backend_util.computeConv2DInfo(x, filter, p.strides, 1, p.pad, undefined, isDepthwise);
      const ordered = ([n, h, w, c]: Quad): Quad => (isFirst ? [n, c, h, w] : [n, h, w, c]);
      return {
        x: ordered(x),
        dy: ordered(dy),
        filter,
        attrs: {strides: p.strides, pad: p.pad, dataFormat: isFirst ? ('NCHW' as const) : ('NHWC' as const)},
      };
    })
    .filter(({dy}) => dy.every(length => length > 0));

const volume = fc
  .record({
    batch: upTo(2),
    size: fc.tuple(upTo(5), upTo(5), upTo(5)),
    filter: fc.tuple(upTo(3), upTo(3), upTo(3)),
    inChannels: upTo(5),
    outChannels: upTo(9),
    stride: upTo(2),
    pad: fc.constantFrom('same' as const, 'valid' as const),
  })
  .map(({batch, size, filter: window, inChannels, outChannels, stride, pad: padding}) => {
    const x: [number, number, number, number, number] = [batch, ...size, inChannels];
    const filter: [number, number, number, number, number] = [...window, inChannels, outChannels];
    const strides: [number, number, number] = [stride, stride, stride];
    const dy = tf.backend_util.computeConv3DInfo(x, filter, strides, 1, padding).outShape;
    const pooled = tf.backend_util.computePool3DInfo(x, window, strides, 1, padding).outShape;
    return {x, filter, dy, pooled, attrs: {strides, pad: padding}, window};
  })
  .filter(({dy}) => dy.every(length => length > 0));

const pooling = fc
  .record({
    batch: upTo(3),
    size: fc.tuple(upTo(8), upTo(8)),
    channels: upTo(6),
    filterSize: upTo(3),
    strides: upTo(3),
    pad: fc.constantFrom('same' as const, 'valid' as const),
  })
  .map(({batch, size, channels, ...attrs}) => {
    const x: Quad = [batch, ...size, channels];
    return {
      x,
      attrs,
      dy: tf.backend_util.computePool2DInfo(x, attrs.filterSize, attrs.strides, 1, attrs.pad).outShape,
    };
  })
  .filter(({dy}) => dy.every(length => length > 0));

/** Batches of matrices where one side has as many matrices as the other, or one. */
const matrices = fc
  .record({
    sizes: fc.tuple(upTo(21), upTo(21), upTo(21)),
    batch: fc.array(upTo(3), {maxLength: 2}),
    repeats: fc.constantFrom('a', 'b', ''),
    transposeA: fc.boolean(),
    transposeB: fc.boolean(),
  })
  .map(({sizes: [m, k, n], batch, repeats, transposeA, transposeB}): Problem => {
    const batchOf = (side: string): number[] => (side === repeats ? batch.map(() => 1) : batch);
    return {
      inputs: {
        a: [...batchOf('a'), ...(transposeA ? [k, m] : [m, k])],
        b: [...batchOf('b'), ...(transposeB ? [n, k] : [k, n])],
      },
      attrs: {transposeA, transposeB},
    };
  });

const fused = fc
  .tuple(
    upTo(9),
    upTo(9),
    upTo(9),
    upTo(2),
    fc.boolean(),
    fc.boolean(),
    fc.boolean(),
    fc.constantFrom('linear', 'relu', 'relu6', 'sigmoid', 'elu', 'prelu', 'leakyrelu'),
  )
  .map(([m, k, n, batch, transposeA, transposeB, hasBias, activation]): Problem => ({
    inputs: {
      a: transposeA ? [batch, k, m] : [batch, m, k],
      b: transposeB ? [batch, n, k] : [batch, k, n],
      ...(hasBias ? {bias: [n]} : {}),
      ...(activation === 'prelu' ? {preluActivationWeights: [n]} : {}),
    },
    attrs: {transposeA, transposeB, activation, leakyreluAlpha: 0.25},
  }));

const reduction = fc
  .tuple(shape(4, 7), fc.uniqueArray(fc.nat(3), {minLength: 1}), fc.boolean())
  .map(([x, axis, keepDims]): Problem => ({inputs: {x}, attrs: {axis, keepDims}}));

/** A tensor and a vector along its last axes, on either side, or two tensors of any shapes that broadcast. */
const binary = fc
  .tuple(shape(3, 9), fc.nat(3), fc.boolean(), fc.boolean())
  .map(([full, from, isSwapped, hasOnes]): Problem => {
    const vector = hasOnes ? full.map((length, axis) => (axis < from ? 1 : length)) : full.slice(from);
    return {inputs: isSwapped ? {a: vector, b: full} : {a: full, b: vector}, attrs: {}};
  });

const batchNorm = fc
  .tuple(shape(4, 6), upTo(21), fc.boolean(), fc.boolean())
  .map(([[n = 1, h = 1, w = 1], c, hasScale, hasOffset]): Problem => ({
    inputs: {
      x: [n, h, w, c],
      mean: [c],
      variance: [c],
      ...(hasScale ? {scale: [c]} : {}),
      ...(hasOffset ? {offset: [c]} : {}),
    },
    attrs: {varianceEpsilon: 1e-3},
    positive: ['variance'],
  }));

/** By the kernel's name. */
export const PROBLEMS: Readonly<Record<string, fc.Arbitrary<Problem>>> = {
  Conv2DBackpropFilter: convolution(false).map(({x, dy, filter, attrs}) => ({
    inputs: {x, dy},
    attrs: {...attrs, filterShape: filter},
  })),
  Conv2DBackpropInput: convolution(false).map(({x, dy, filter, attrs}) => ({
    inputs: {dy, filter},
    attrs: {...attrs, inputShape: x},
  })),
  DepthwiseConv2dNativeBackpropFilter: convolution(true).map(({x, dy, filter, attrs}) => ({
    inputs: {x, dy},
    attrs: {...attrs, dilations: [1, 1], filterShape: filter},
  })),
  DepthwiseConv2dNativeBackpropInput: convolution(true).map(({x, dy, filter, attrs}) => ({
    inputs: {dy, filter},
    attrs: {...attrs, dilations: [1, 1], inputShape: x},
  })),
  Conv3DBackpropFilterV2: volume.map(({x, dy, filter, attrs}) => ({
    inputs: {x, dy},
    attrs: {...attrs, filterShape: filter},
  })),
  Conv3DBackpropInputV2: volume.map(({x, dy, filter, attrs}) => ({
    inputs: {dy, filter},
    attrs: {...attrs, inputShape: x},
  })),
  MaxPoolGrad: pooling.map(({x, dy, attrs}) => ({inputs: {dy, input: x, output: dy}, attrs})),
  MaxPool3D: volume.map(({x, attrs, window}) => ({
    inputs: {x},
    attrs: {...attrs, filterSize: window, dataFormat: 'NDHWC'},
  })),
  // Where a window's height differs from its width, the CPU backend looks for the largest number in the wrong place.
  MaxPool3DGrad: volume
    .filter(({window: [, height, width]}) => height === width)
    .map(({x, pooled, attrs, window}) => ({
      inputs: {dy: pooled, input: x, output: pooled},
      attrs: {...attrs, filterSize: window},
    })),
  UnsortedSegmentSum: fc.tuple(shape(3, 9), upTo(5)).map(([x, numSegments]) => ({
    inputs: {x, segmentIds: x.slice(0, 1)},
    attrs: {numSegments},
    whole: {segmentIds: {from: -1, to: numSegments + 1}},
  })),
  BatchMatMul: matrices.filter(({inputs: {a = [], b = []}}) => a.length > 1 && b.length > 1),
  _FusedMatMul: fused,
  Identity: shape(3, 5).map(x => ({inputs: {x}, attrs: {}})),
  // To bool, tfjs's WASM backend turns 0.5 into false.
  Cast: fc
    .tuple(shape(3, 5), fc.constantFrom('float32', 'int32'))
    .map(([x, dtype]) => ({inputs: {x}, attrs: {dtype}})),
  Sum: reduction,
  Mean: reduction,
  Add: binary,
  Sub: binary,
  Multiply: binary,
  FusedBatchNorm: batchNorm,
  Tile: fc.tuple(shape(3, 6), shape(3, 4)).map(([x, reps]) => ({inputs: {x}, attrs: {reps}})),
};
