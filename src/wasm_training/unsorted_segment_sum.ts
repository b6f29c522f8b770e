import {type TensorInfo, util} from '@tensorflow/tfjs-core';

import {offsetOf, type WasmBackend} from '../wasm/backend';
import {wasmFunction} from '../wasm/instance';
import {type WasmFeatures, wasmFunctions} from '../wasm/module';
import {numberOf} from './attributes';
import {type Call, consume, runStock, zeros} from './kernel';
import {advance, get, locals, params} from './lanes_text';

/**
 * out[s, …] = Σ over i with segmentIds[i] = s of x[i, …]. Ids outside [0, numSegments) are ignored, as on tfjs's other
 * backends.
 */
export function unsortedSegmentSum({backend, input, attrs}: Call): TensorInfo {
  const [x, segmentIds] = [input('x'), input('segmentIds')];
  const segments = numberOf(attrs, 'numSegments');
  if (x.dtype === 'float32') return segmentSums(backend, x, segmentIds, segments);
  return consume(backend, runStock(backend, 'Cast', {x}, {dtype: 'float32'}), floats =>
    segmentSums(backend, floats, segmentIds, segments),
  );
}

function segmentSums(backend: WasmBackend, x: TensorInfo, segmentIds: TensorInfo, segments: number): TensorInfo {
  util.assert(
    segmentIds.dtype === 'int32',
    () => `Error in unsortedSegmentSum: segmentIds must be int32; got ${segmentIds.dtype}.`,
  );
  util.assert(
    segmentIds.shape.length === 1 && x.shape[0] === segmentIds.shape[0],
    () =>
      'Error in unsortedSegmentSum: segmentIds must be of rank 1 and as long as the first axis of x; got shapes ' +
      `[${segmentIds.shape.join()}] and [${x.shape.join()}].`,
  );
  const inner = x.shape.slice(1);
  const sums = zeros(backend, [segments, ...inner]);
  wasmFunction(wasmFunctions(backend, 'segmentSum', segmentSumText), 'segmentSum')(
    offsetOf(backend, x),
    offsetOf(backend, segmentIds),
    util.sizeFromShape(segmentIds.shape),
    util.sizeFromShape(inner),
    offsetOf(backend, sums),
    segments,
  );
  return sums;
}

/**
 * `segmentSum(x, ids, count, inner, out, segments)`: adds each of the `count` rows of `inner` numbers to the row of
 * `out` that its id names.
 */
function segmentSumText({simd}: WasmFeatures): string {
  return `(func (export "segmentSum") ${params('x ids count inner out segments')}
    ${locals('id t end')}
    (block $done (loop $rows (br_if $done (i32.eqz ${get('count')}))
      (local.set $id (i32.load ${get('ids')}))
      (local.set $end (i32.add ${get('x')} (i32.shl ${get('inner')} (i32.const 2))))
      (if (i32.lt_u ${get('id')} ${get('segments')}) (then
        (local.set $t (i32.add ${get('out')} (i32.shl (i32.mul ${get('id')} ${get('inner')}) (i32.const 2))))
        ${
          simd
            ? `(block $few (loop $vectors (br_if $few (i32.lt_u (i32.sub ${get('end')} ${get('x')}) (i32.const 16)))
          (v128.store ${get('t')} (f32x4.add (v128.load ${get('t')}) (v128.load ${get('x')})))
          ${advance('x', 16)} ${advance('t', 16)} (br $vectors)))`
            : ''
        }
        (block $next (loop $numbers (br_if $next (i32.eq ${get('x')} ${get('end')}))
          (f32.store ${get('t')} (f32.add (f32.load ${get('t')}) (f32.load ${get('x')})))
          ${advance('x', 4)} ${advance('t', 4)} (br $numbers)))))
      (local.set $x ${get('end')})
      ${advance('ids', 4)}
      (local.set $count (i32.sub ${get('count')} (i32.const 1))) (br $rows))))`;
}
