import {isSlice} from '../rule/slice';
import {checkSettings} from '../util/settings_check';
import {isPlain, shown} from '../util/shown';

/**
 * Checks the arguments of a factory in the table of optimizers: a learning rate, then settings in one object.
 * @param hypers an object with the row's hypers.
 * @param given the arguments after the learning rate.
 * @param first the arguments before it, as code with a comma after each.
 * @param usual the default learning rate.
 * @throws for other arguments; the error says what to write.
 */
export function checkRowArguments(
  factory: string,
  hypers: object,
  lr: unknown,
  given: readonly unknown[],
  first = '',
  usual = 1e-3,
): void {
  if (!isRate(lr))
    throw new Error(
      `${factory} takes the learning rate ${first === '' ? 'first' : 'second'}; got ${shown(lr)}. ` +
        `Write ${factory}(${first}${rateFirst(lr, given[0], usual)}).`,
    );
  // `wd` is left out, because other libraries have no weight decay here, or have it at another position.
  checkSettings(
    `${factory}(${first}${typeof lr === 'number' ? lr : 'lr'}, `,
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

/** The arguments that the caller probably meant. */
function rateFirst(lr: unknown, second: unknown, usual: number): string {
  if (isPlain(lr)) {
    const {lr: rate = usual, ...settings} = lr;
    return Object.keys(settings).length > 0 ? `${shown(rate)}, ${shown(settings)}` : shown(rate);
  }
  // PyTorch and fastai take the parameters first: a list of variables, or a model.
  if (typeof lr === 'object' && lr !== null) return `${typeof second === 'number' ? second : usual}, {params: …}`;
  return `${Number(lr) || usual}`;
}
