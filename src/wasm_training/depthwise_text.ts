/**
 * The text of the depthwise convolutions' functions. Channels are independent, so every loop runs along the channels.
 */
import type {WasmFeatures} from '../wasm/module';
import {advance, alongChannels, get, laneLocals, locals, params, repeat} from './lanes_text';

/**
 * `filterTap(x, xInner, xOuter, dy, dyInner, dyOuter, w, channels, inner, outer)`: w[c] += Σ over outer, inner of x[…,
 * c] · dy[…, c]. `inputTap(dx, dxInner, dy, dyInner, w, channels, inner)`: dx[i, c] += dy[i, c] · w[c] for each of
 * `inner` pixels. Strides are in bytes.
 */
export function depthwiseText(features: WasmFeatures): string {
  return `
    (func (export "filterTap") ${params('x xInner xOuter dy dyInner dyOuter w channels inner outer')}
      ${locals('p q rowOfX rowOfDy i j')} ${laneLocals(features, 'sum')}
      ${alongChannels(
        features,
        ['x', 'dy', 'w'],
        t => `
        ${t.each(part => t.set('sum', part, t.load('w', part)))}
        (local.set $rowOfX ${get('x')}) (local.set $rowOfDy ${get('dy')}) (local.set $j ${get('outer')})
        ${repeat(
          'j',
          `(local.set $p ${get('rowOfX')}) (local.set $q ${get('rowOfDy')}) (local.set $i ${get('inner')})
          ${repeat(
            'i',
            `${t.each(part =>
              t.set('sum', part, t.multiplyAdd({x: t.load('p', part), y: t.load('q', part), sum: t.get('sum', part)})),
            )}
            ${advance('p', get('xInner'))} ${advance('q', get('dyInner'))}`,
          )}
          ${advance('rowOfX', get('xOuter'))} ${advance('rowOfDy', get('dyOuter'))}`,
        )}
        ${t.each(part => t.store('w', part, t.get('sum', part)))}`,
      )})
    (func (export "inputTap") ${params('dx dxInner dy dyInner w channels inner')}
      ${locals('p q i')} ${laneLocals(features, 'weight')}
      ${alongChannels(
        features,
        ['dx', 'dy', 'w'],
        t => `
        ${t.each(part => t.set('weight', part, t.load('w', part)))}
        (local.set $p ${get('dx')}) (local.set $q ${get('dy')}) (local.set $i ${get('inner')})
        ${repeat(
          'i',
          `${t.each(part =>
            t.store(
              'p',
              part,
              t.multiplyAdd({x: t.load('q', part), y: t.get('weight', part), sum: t.load('p', part)}),
            ),
          )}
          ${advance('p', get('dxInner'))} ${advance('q', get('dyInner'))}`,
        )}`,
      )})`;
}
