import type {WasmFeatures} from '../wasm/module';
import {advance, alongChannels, get, laneLocals, locals, params, repeat} from './lanes_text';

/** The number of rows that are summed in float32 before they are added to the totals in float64. */
const BLOCK = 64;

/**
 * `slopeSums(dy, x, mean, s, t, channels, rows, row)`: s[c] = Σ over rows of dy[r, c], t[c] = Σ over rows of dy[r, c] ·
 * (x[r, c] - mean[c]). Rows are `row` bytes apart.
 */
export function batchNormText(features: WasmFeatures): string {
  return `
    (func (export "slopeSums") ${params('dy x mean s t channels rows row')}
      ${locals('left i p q')} ${laneLocals(features, 'sum product center')} ${laneLocals(
        features,
        'sums products',
        'wide',
      )}
      ${alongChannels(
        features,
        ['dy', 'x', 'mean', 's', 't'],
        text => `
        ${text.each(part =>
          [
            text.wide.clear('sums', part),
            text.wide.clear('products', part),
            text.set('center', part, text.load('mean', part)),
          ].join(' '),
        )}
        (local.set $p ${get('dy')}) (local.set $q ${get('x')}) (local.set $left ${get('rows')})
        (block $summed (loop $blocks (br_if $summed (i32.eqz ${get('left')}))
          (local.set $i (select ${get('left')} (i32.const ${BLOCK}) (i32.lt_u ${get('left')} (i32.const ${BLOCK}))))
          (local.set $left (i32.sub ${get('left')} ${get('i')}))
          ${text.each(part => `${text.set('sum', part, text.zero)} ${text.set('product', part, text.zero)}`)}
          ${repeat(
            'i',
            `${text.each(
              part => `${text.set('sum', part, text.add(text.get('sum', part), text.load('p', part)))}
            ${text.set(
              'product',
              part,
              text.add(
                text.get('product', part),
                text.mul(text.load('p', part), text.sub(text.load('q', part), text.get('center', part))),
              ),
            )}`,
            )}
            ${advance('p', get('row'))} ${advance('q', get('row'))}`,
          )}
          ${text.each(part =>
            [
              text.wide.add('sums', part, text.get('sum', part)),
              text.wide.add('products', part, text.get('product', part)),
            ].join(' '),
          )}
          (br $blocks)))
        ${text.each(part =>
          [
            text.store('s', part, text.wide.narrowed('sums', part)),
            text.store('t', part, text.wide.narrowed('products', part)),
          ].join(' '),
        )}`,
      )})`;
}
