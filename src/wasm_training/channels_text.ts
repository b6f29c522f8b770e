import type {WasmFeatures} from '../wasm/module';
import {alongChannels, get, laneLocals, type LaneText, locals, params, repeat} from './lanes_text';

/**
 * A function over rows of channels. @param vectors one number per channel each. @param result the result for the lanes
 * of a step.
 */
function overRows(
  features: WasmFeatures,
  name: string,
  vectors: readonly string[],
  result: (text: LaneText, part: number) => string,
): string {
  const moving = vectors.map(vector => `${vector}At`);
  return `(func (export "${name}") ${params(`x ${vectors.join(' ')} out rows inner`)} ${locals(
    `channels ${moving.join(' ')}`,
  )} ${laneLocals(features, 'r')}
    ${repeat(
      'rows',
      `(local.set $channels ${get('inner')})
      ${vectors.map(vector => `(local.set $${vector}At ${get(vector)})`).join(' ')}
      ${alongChannels(features, ['x', 'out', ...moving], text =>
        text.each(part => text.store('out', part, result(text, part))),
      )}`,
    )})`;
}

/**
 * The functions over `rows` rows of `inner` adjacent numbers c, with vectors of `inner` numbers:
 * `add`, `sub`, `mul` (x, v, out, rows, inner): out[r, c] = x[r, c] + v[c], - v[c], · v[c].
 * `normalize(x, mean, factor, offset, out, rows, inner)`: out[r, c] = (x[r, c] - mean[c]) · factor[c] + offset[c].
 */
export function channelsText(features: WasmFeatures): string {
  return [
    overRows(features, 'add', ['v'], (t, part) => t.add(t.load('x', part), t.load('vAt', part))),
    overRows(features, 'sub', ['v'], (t, part) => t.sub(t.load('x', part), t.load('vAt', part))),
    overRows(features, 'mul', ['v'], (t, part) => t.mul(t.load('x', part), t.load('vAt', part))),
    overRows(features, 'normalize', ['mean', 'factor', 'offset'], (t, part) =>
      t.add(
        t.mul(t.sub(t.load('x', part), t.load('meanAt', part)), t.load('factorAt', part)),
        t.load('offsetAt', part),
      ),
    ),
  ].join('\n');
}
