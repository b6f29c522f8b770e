import {at} from '../util/at';
import {type HostTensor, sizeOf} from './host_tensor';

/**
 * A bijection between our layout of a weight and that of another framework. The state of an optimizer that has the
 * shape of its weight has the same layout.
 */
export interface Layout {
  /** The weight as the other framework has it. */
  there(ours: HostTensor): HostTensor;
  /** The weight as TensorFlow.js has it. */
  here(theirs: HostTensor): HostTensor;
  /** The shape that `there` gives to a weight of our shape. */
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

/**
 * The last axis consists of equal blocks, such as the gates of an LSTM. Block `i` over there is our block `order[i]`.
 */
export function blocks(...order: readonly number[]): Layout {
  const back = order.map((_, i) => order.indexOf(i));
  return {
    there: tensor => takeLast(tensor, byBlocks(tensor.shape, order)),
    here: tensor => takeLast(tensor, byBlocks(tensor.shape, back)),
    shapeThere: shape => shape,
  };
}

/**
 * The first axis is a flattened array of this shape, without the batch. Over there it was flattened after a
 * transpose of the array: axis `i` over there is our axis `axes[i]`. So a dense layer behind `flatten` reads channels
 * last here, and channels first in PyTorch.
 */
export function flattenedRows(shape: readonly number[], ...axes: readonly number[]): Layout {
  const order = transposedSources(shape, axes);
  const back = new Int32Array(order.length);
  order.forEach((from, to) => {
    back[from] = to;
  });
  return {
    there: tensor => takeFirst(tensor, order),
    here: tensor => takeFirst(tensor, back),
    shapeThere: own => own,
  };
}

/** The elements stay in order. Only the shape differs: `there` and `here` give it for a shape of the other side. */
export function reshaped(
  there: (ours: readonly number[]) => readonly number[],
  here: (theirs: readonly number[]) => readonly number[],
): Layout {
  return {
    there: tensor => ({...tensor, shape: there(tensor.shape)}),
    here: tensor => ({...tensor, shape: here(tensor.shape)}),
    shapeThere: there,
  };
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
    throw new Error(`The tensor must have ${axes.length} axes; it has the shape [${shape}].`);
  return gathered(tensor, pick(shape, axes), transposedSources(shape, axes));
}

const pick = (shape: readonly number[], axes: readonly number[]) => axes.map(axis => at(shape, axis));

/** For each element of the transposed array, in order, which element of the original it is. */
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

/** The elements of the last axis of `shape`, with its equal blocks in this order. */
function byBlocks(shape: readonly number[], order: readonly number[]): number[] {
  const length = at(shape, shape.length - 1) / order.length;
  if (!Number.isInteger(length))
    throw new Error(`The last axis must consist of ${order.length} equal blocks; the shape is [${shape}].`);
  return order.flatMap(block => Array.from({length}, (_, i) => block * length + i));
}

function takeLast(tensor: HostTensor, order: readonly number[]): HostTensor {
  const {shape} = tensor;
  return gathered(
    tensor,
    shape,
    Int32Array.from({length: sizeOf(shape)}, (_, i) => i - (i % order.length) + at(order, i % order.length)),
  );
}

function takeFirst(tensor: HostTensor, order: Int32Array): HostTensor {
  const {shape} = tensor;
  if (shape[0] !== order.length)
    throw new Error(`The first axis must have ${order.length} elements; the shape is [${shape}].`);
  const length = sizeOf(shape.slice(1));
  return gathered(
    tensor,
    shape,
    Int32Array.from({length: sizeOf(shape)}, (_, i) => at(order, Math.floor(i / length)) * length + (i % length)),
  );
}
