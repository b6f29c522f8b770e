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
  const takes = `${factory} takes the learning rate ${first === '' ? 'first' : 'second'}`;
  if (!isRate(lr))
    throw new Error(
      `${takes}; got ${shown(lr)}. ` + `Write ${factory}(${first}${rateFirst(lr, given[0], usual, hypers)}).`,
    );
  const [options] = given;
  const second = isPlain(options) ? options['lr'] : undefined;
  if (second !== undefined)
    throw new Error(`${takes}; leave 'lr' out of the settings. Write ${factory}(${first}${shown(second)}, {…}).`);
  // `wd` is left out, because other libraries have no weight decay here, or have it at another position.
  checkSettings(
    `${factory}(${first}${typeof lr === 'number' ? lr : 'lr'}, `,
    given,
    Object.fromEntries(Object.entries(hypers).filter(([name]) => name !== 'wd')),
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
function rateFirst(lr: unknown, second: unknown, usual: number, hypers: object): string {
  if (isPlain(lr)) {
    const {learningRate, lr: rate = learningRate, ...settings} = lr;
    const names = Object.keys(settings);
    // Names of other libraries are explained when they are given as settings.
    return names.length === 0
      ? rateOf(rate, usual)
      : `${rateOf(rate, usual)}, ${names.every(name => name in hypers) ? shown(settings) : '{…}'}`;
  }
  // PyTorch and fastai take the parameters first: a list of variables, or a model.
  if (typeof lr === 'object' && lr !== null) return `${typeof second === 'number' ? second : usual}, {params: …}`;
  return rateOf(lr, usual);
}

/** The number that was given, also as text; otherwise the default. */
function rateOf(given: unknown, usual: number): string {
  return `${Number(given) || usual}`;
}
