import type {WasmFeatures} from '../wasm/module';
import {advance, alongChannels, get, laneLocals, locals, params, repeat} from './lanes_text';

/**
 * The number of rows that are summed in float32 before they are added to the total in float64. So the total's rounding
 * errors do not grow with the number of rows.
 */
const BLOCK = 64;

/**
 * `sumRows(x, outer, rows, inner, out, row)`: out[o, c] = Σ over rows of x[o, r, c], with `inner` adjacent numbers c.
 * Rows are `row` bytes apart, those of `out` too.
 */
export function reduceText(features: WasmFeatures): string {
  return `
    (func (export "sumRows") ${params('x outer rows inner out row')}
      ${locals('channels left i p q t')} ${laneLocals(features, 'sum')} ${laneLocals(features, 'total', 'wide')}
      ${repeat(
        'outer',
        `(local.set $q ${get('x')}) (local.set $t ${get('out')}) (local.set $channels ${get('inner')})
        ${alongChannels(
          features,
          ['q', 't'],
          text => `
          ${text.each(part => text.wide.clear('total', part))}
          (local.set $p ${get('q')}) (local.set $left ${get('rows')})
          (block $summed (loop $blocks (br_if $summed (i32.eqz ${get('left')}))
            (local.set $i (select ${get('left')} (i32.const ${BLOCK}) (i32.lt_u ${get('left')} (i32.const ${BLOCK}))))
            (local.set $left (i32.sub ${get('left')} ${get('i')}))
            ${text.each(part => text.set('sum', part, text.zero))}
            ${repeat(
              'i',
              `${text.each(part => text.set('sum', part, text.add(text.get('sum', part), text.load('p', part))))}
              ${advance('p', get('row'))}`,
            )}
            ${text.each(part => text.wide.add('total', part, text.get('sum', part)))}
            (br $blocks)))
          ${text.each(part => text.store('t', part, text.wide.narrowed('total', part)))}`,
        )}
        ${advance('x', `(i32.mul ${get('rows')} ${get('row')})`)} ${advance('out', get('row'))}`,
      )})`;
}
