import type {WasmFeatures} from '../wasm/module';
import {advance, get, locals, params, repeat} from './lanes_text';

/** The search for the first of the largest numbers in a window, for one channel or for four at once. */
interface Search {
  readonly channels: number;
  readonly clear: string;
  /** Reads the number at $p. */
  readonly look: string;
  /** Writes the largest numbers to $y. */
  readonly write: string;
  /** Adds the numbers at $dy where the largest were found. */
  readonly addBack: string;
}

const addAt = (lane: number): string => `(if (i32.ne ${get('found')} (i32.const -1)) (then
  ${advance('found', get('toDx'))}
  (f32.store offset=${4 * lane} ${get('found')} (f32.add ${[get('found'), get('dy')]
    .map(address => `(f32.load offset=${4 * lane} ${address})`)
    .join(' ')}))))`;

const ONE: Search = {
  channels: 1,
  clear: '(local.set $best (f32.const -inf)) (local.set $found (i32.const -1))',
  look: `(if (f32.gt (local.tee $value (f32.load ${get('p')})) ${get('best')}) (then
    (local.set $best ${get('value')}) (local.set $found ${get('p')})))`,
  write: `(f32.store ${get('y')} ${get('best')})`,
  addBack: addAt(0),
};

const FOUR: Search = {
  channels: 4,
  clear: '(local.set $bests (f32x4.splat (f32.const -inf))) (local.set $founds (i32x4.splat (i32.const -1)))',
  look: `(local.set $values (v128.load ${get('p')})) (local.set $larger (f32x4.gt ${get('values')} ${get('bests')}))
    (local.set $bests (v128.bitselect ${get('values')} ${get('bests')} ${get('larger')}))
    (local.set $founds (v128.bitselect (i32x4.splat ${get('p')}) ${get('founds')} ${get('larger')}))`,
  write: `(v128.store ${get('y')} ${get('bests')})`,
  addBack: [0, 1, 2, 3]
    .map(lane => `(local.set $found (i32x4.extract_lane ${lane} ${get('founds')})) ${addAt(lane)}`)
    .join('\n'),
};

function alongChannels({simd}: WasmFeatures, output: string, finish: 'write' | 'addBack'): string {
  return (simd ? [FOUR, ONE] : [ONE])
    .map(
      search => `
    (block $fewer (loop $channels (br_if $fewer (i32.lt_s ${get('channels')} (i32.const ${search.channels})))
      ${search.clear}
      (local.set $slice ${get('x')}) (local.set $z ${get('depths')})
      ${repeat(
        'z',
        `(local.set $line ${get('slice')}) (local.set $j ${get('rows')})
        ${repeat(
          'j',
          `(local.set $p ${get('line')}) (local.set $i ${get('columns')})
          ${repeat('i', `${search.look} ${advance('p', get('column'))}`)}
          ${advance('line', get('row'))}`,
        )}
        ${advance('slice', get('depth'))}`,
      )}
      ${search[finish]}
      ${advance('x', 4 * search.channels)} ${advance(output, 4 * search.channels)} ${advance(
        'channels',
        -search.channels,
      )}
      (br $channels)))`,
    )
    .join('\n');
}

/**
 * The functions for one window of max pooling. It has `depths`, `rows` and `columns` that are `depth`, `row` and
 * `column` bytes apart, and adjacent `channels`.
 * `windowMax(x, depths, depth, rows, row, columns, column, channels, y)`: y[c] = max over the window.
 * `windowGradient(…, channels, dy, toDx)`: adds dy[c] to the number `toDx` bytes after the first largest number of
 * channel c. It adds nothing where no number is above -∞.
 */
export function maxPoolText(features: WasmFeatures): string {
  const window = params('x depths depth rows row columns column channels');
  const vectors = features.simd
    ? '(local $values v128) (local $bests v128) (local $founds v128) (local $larger v128)'
    : '';
  const own = `${locals('z j i slice line p found')}
    (local $best f32) (local $value f32) ${vectors}`;
  return `
    (func (export "windowMax") ${window} ${params('y')} ${own} ${alongChannels(features, 'y', 'write')})
    (func (export "windowGradient") ${window} ${params('dy toDx')} ${own} ${alongChannels(features, 'dy', 'addBack')})`;
}
