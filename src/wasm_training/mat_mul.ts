import {type TensorInfo, util} from '@tensorflow/tfjs-core';

import {type Call, consume, runStock} from './kernel';
import {matrixProduct, type Transposes} from './matrices_product';

function transposesOf({attrs}: Call): Transposes {
  return {transposeA: attrs.transposeA === true, transposeB: attrs.transposeB === true};
}

/** tfjs uses XNNPACK only for one product of matrices that are not transposed, and a naive loop otherwise. */
function isFastInStock(a: TensorInfo, b: TensorInfo, {transposeA, transposeB}: Transposes): boolean {
  const batches = [a, b].map(({shape}) => util.sizeFromShape(shape.slice(0, -2)));
  return !transposeA && !transposeB && batches.every(batch => batch === 1);
}

const isFloat32 = (...tensors: readonly TensorInfo[]): boolean => tensors.every(({dtype}) => dtype === 'float32');

/** c[…, m, n] = a[…, m, k] · b[…, k, n], with the leading axes broadcast and either operand transposed in memory. */
export function batchMatMul(call: Call): TensorInfo {
  const [a, b] = [call.input('a'), call.input('b')];
  const transposes = transposesOf(call);
  if (!isFloat32(a, b) || isFastInStock(a, b, transposes)) return call.stock();
  return matrixProduct(call.backend, a, b, transposes);
}

/** activation(a · b + bias), as `batchMatMul`. */
export function fusedMatMul(call: Call): TensorInfo {
  const [a, b] = [call.input('a'), call.input('b')];
  const transposes = transposesOf(call);
  const {activation} = call.attrs;
  const {backend} = call;
  const activate = typeof activation === 'string' ? ACTIVATIONS[activation] : undefined;
  if (!isFloat32(a, b) || isFastInStock(a, b, transposes) || activate === undefined) return call.stock();
  const ab = matrixProduct(backend, a, b, transposes);
  const bias = call.optionalInput('bias');
  const sum = bias === undefined ? ab : consume(backend, ab, x => runStock(backend, 'Add', {a: x, b: bias}));
  return activate === 'linear' ? sum : consume(backend, sum, x => activate(call, x));
}

const ACTIVATIONS: Readonly<Record<string, 'linear' | ((call: Call, x: TensorInfo) => TensorInfo)>> = {
  linear: 'linear',
  relu: ({backend}, x) => runStock(backend, 'Relu', {x}),
  relu6: ({backend}, x) => runStock(backend, 'Relu6', {x}),
  sigmoid: ({backend}, x) => runStock(backend, 'Sigmoid', {x}),
  elu: ({backend}, x) => runStock(backend, 'Elu', {x}),
  prelu: ({backend, input}, x) => runStock(backend, 'Prelu', {x, alpha: input('preluActivationWeights')}),
  // tfjs's own kernel takes 0 for a missing alpha, too.
  leakyrelu: ({backend, attrs: {leakyreluAlpha}}, x) =>
    runStock(backend, 'LeakyRelu', {x}, {alpha: typeof leakyreluAlpha === 'number' ? leakyreluAlpha : 0}),
};
