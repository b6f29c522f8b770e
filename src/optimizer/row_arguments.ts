import {isSlice} from '../rule/slice';
import {checkSettings} from '../util/settings_check';
import {isPlain, shown} from '../util/shown';

/**
 * Checks what a factory of the table of optimizers is given: a learning rate, then settings in one object.
 * @param hypers the names of the row's hypers.
 * @throws where they are something else; the error says what to write.
 */
export function checkRowArguments(factory: string, hypers: object, lr: unknown, given: readonly unknown[]): void {
  if (!isRate(lr))
    throw new Error(
      `${factory} takes the learning rate first; got ${shown(lr)}. Write ${factory}(${rateFirst(lr, given[0])}).`,
    );
  // Other libraries have no weight decay among these, or at another place.
  checkSettings(
    `${factory}(${typeof lr === 'number' ? lr : 'lr'}, `,
    given,
    Object.keys(hypers).filter(name => name !== 'wd'),
  );
}

function isRate(lr: unknown): boolean {
  return (
    typeof lr === 'number' ||
    typeof lr === 'boolean' ||
    isSlice(lr) ||
    ArrayBuffer.isView(lr) ||
    (Array.isArray(lr) && typeof lr[0] !== 'object')
  );
}

/** The arguments as they were meant. */
function rateFirst(lr: unknown, second: unknown): string {
  if (isPlain(lr)) {
    const {lr: rate = 0.001, ...settings} = lr;
    return Object.keys(settings).length > 0 ? `${shown(rate)}, ${shown(settings)}` : shown(rate);
  }
  // A list of variables or a model, as in PyTorch and fastai.
  if (typeof lr === 'object' && lr !== null) return `${typeof second === 'number' ? second : 0.001}, {params: …}`;
  return `${Number(lr) || 0.001}`;
}
