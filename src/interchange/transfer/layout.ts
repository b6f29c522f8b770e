import {at} from '../../util/at';
import {float32, type HostTensor, sizeOf} from './host_tensor';

/**
 * A bijection between our layout of a weight and that of another framework. The state of an optimizer that has the
 * shape of its weight has the same layout.
 */
export interface Layout {
  /** The weight as the other framework has it. */
  there(ours: HostTensor): HostTensor;
  /** The weight as TensorFlow.js has it. */
  here(theirs: HostTensor): HostTensor;
  /** The shape over there of a weight that has this shape here. */
  shapeThere(ours: readonly number[]): readonly number[];
}

/** Both frameworks have the same layout. */
export const same: Layout = {there: tensor => tensor, here: tensor => tensor, shapeThere: shape => shape};

/** Axis `i` over there is our axis `axes[i]`. */
export function transposed(...axes: readonly number[]): Layout {
  const back = axes.map((_, i) => axes.indexOf(i));
  return {
    there: tensor => transpose(tensor, axes),
    here: tensor => transpose(tensor, back),
    shapeThere: shape => pick(shape, axes),
  };
}

/** The rows, of the first axis, in another order: row `i` over there is our row `order[i]`. */
export function reordered(order: Int32Array): Layout {
  const back = new Int32Array(order.length);
  order.forEach((from, to) => {
    back[from] = to;
  });
  return {
    there: tensor => takeFirst(tensor, order),
    here: tensor => takeFirst(tensor, back),
    shapeThere: shape => shape,
  };
}

/**
 * The order of the elements of an array, channels last, after it was transposed to channels first and flattened:
 * element `i` is then element `order[i]` of the array.
 */
export function channelsFirstOrder(shape: readonly number[]): Int32Array {
  const channels = shape.length - 1;
  return transposedSources(shape, [channels, ...Array.from({length: channels}, (_, i) => i)]);
}

/** The elements stay in order. Only the shapes differ. */
export function reshaped(ours: readonly number[], theirs: readonly number[]): Layout {
  return {
    there: tensor => ({...tensor, shape: theirs}),
    here: tensor => ({...tensor, shape: ours}),
    shapeThere: () => theirs,
  };
}

/** Elements that are multiplied by a number over there. Only for float32. */
export function scaled(factor: number): Layout {
  const by = (tensor: HostTensor, k: number) =>
    float32(
      tensor.shape,
      Float32Array.from(tensor.data, x => x * k),
    );
  return {there: tensor => by(tensor, factor), here: tensor => by(tensor, 1 / factor), shapeThere: shape => shape};
}

/** Layouts after one another, from ours to theirs. */
export function inTurn(...layouts: readonly Layout[]): Layout {
  return {
    there: tensor => layouts.reduce((value, layout) => layout.there(value), tensor),
    here: tensor => layouts.reduceRight((value, layout) => layout.here(value), tensor),
    shapeThere: shape => layouts.reduce((value, layout) => layout.shapeThere(value), shape),
  };
}

/** The tensor of this shape whose element `i` is element `sources[i]` of the tensor. */
function gathered(tensor: HostTensor, shape: readonly number[], sources: Int32Array): HostTensor {
  const result = {...copyOf(tensor), shape};
  // Complex elements are two numbers each.
  const width = tensor.dtype === 'complex64' ? 2 : 1;
  sources.forEach((source, to) => {
    for (let part = 0; part < width; part++) result.data[to * width + part] = at(tensor.data, source * width + part);
  });
  return result;
}

function copyOf(tensor: HostTensor): HostTensor {
  // The types of the data are known in each case only.
  switch (tensor.dtype) {
    case 'int32':
      return {...tensor, data: tensor.data.slice()};
    case 'bool':
      return {...tensor, data: tensor.data.slice()};
    default:
      return {...tensor, data: tensor.data.slice()};
  }
}

function transpose(tensor: HostTensor, axes: readonly number[]): HostTensor {
  const {shape} = tensor;
  if (shape.length !== axes.length)
    // Unreachable: the shape was compared with `shapeThere` before.
    throw new Error(`The tensor must have ${axes.length} axes; it has the shape [${shape}].`);
  return gathered(tensor, pick(shape, axes), transposedSources(shape, axes));
}

const pick = (shape: readonly number[], axes: readonly number[]) => axes.map(axis => at(shape, axis));

/** For each element of the transposed array, in order, which element of the array it is. */
function transposedSources(shape: readonly number[], axes: readonly number[]): Int32Array {
  const strides = shape.map((_, i) => sizeOf(shape.slice(i + 1)));
  let sources = Int32Array.of(0);
  for (const axis of axes) {
    const extent = at(shape, axis);
    const stride = at(strides, axis);
    const next = new Int32Array(sources.length * extent);
    sources.forEach((source, i) => {
      for (let k = 0; k < extent; k++) next[i * extent + k] = source + k * stride;
    });
    sources = next;
  }
  return sources;
}

function takeFirst(tensor: HostTensor, order: Int32Array): HostTensor {
  const {shape} = tensor;
  if (shape[0] !== order.length)
    // Unreachable: the shape was compared with `shapeThere` before.
    throw new Error(`The first axis must have ${order.length} elements; the shape is [${shape}].`);
  const length = sizeOf(shape.slice(1));
  return gathered(
    tensor,
    shape,
    Int32Array.from({length: sizeOf(shape)}, (_, i) => at(order, Math.floor(i / length)) * length + (i % length)),
  );
}
