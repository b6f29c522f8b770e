import {checkSettings} from './settings_check';
import {isPlain, shown} from './shown';
import {isSlice} from './slice';

/**
 * Checks what a factory of the table of optimizers is given: a learning rate, then settings in one object.
 * @param hypers the names of the row's hypers.
 * @throws where they are something else; the error says what to write.
 */
export function checkRowArguments(factory: string, hypers: object, lr: unknown, given: readonly unknown[]): void {
  if (!isRate(lr)) throw new Error(`${factory} takes the learning rate first; got ${shown(lr)}. Write ${factory}(${rateFirst(lr, given)}).`);
  // Other libraries have no weight decay among these, or at another place.
  checkSettings(`${factory}(${typeof lr === 'number' ? lr : 'lr'}, `, given, Object.keys(hypers).filter(name => name !== 'wd'));
  const [settings] = given;
  const callbacks = isPlain(settings) ? settings['callbacks'] : undefined;
  if (callbacks !== undefined && !Array.isArray(callbacks)) {
    throw new Error(`The callbacks of an optimizer are a list; got ${shown(callbacks)}. Write {callbacks: [${typeof callbacks === 'function' ? callbacks.name : '…'}]}.`);
  }
}

function isRate(lr: unknown): boolean {
  if (typeof lr !== 'object' || lr === null) return typeof lr === 'number' || typeof lr === 'boolean';
  return isSlice(lr) || ArrayBuffer.isView(lr) || (Array.isArray(lr) && lr.every(one => typeof one !== 'object'));
}

/** The arguments as they were meant. */
function rateFirst(lr: unknown, [second]: readonly unknown[]): string {
  const usual = 0.001;
  if (isPlain(lr)) {
    const {lr: own, learningRate, learning_rate: snake, ...settings} = lr;
    const rate = [own, learningRate, snake].find(one => typeof one === 'number') ?? usual;
    return Object.keys(settings).length > 0 ? `${rate}, ${shown(settings)}` : `${rate}`;
  }
  // A list of variables or a model, as in PyTorch and fastai.
  if (typeof lr === 'object' && lr !== null) return `${typeof second === 'number' ? second : usual}, {params: …}`;
  return `${Number(lr) > 0 ? Number(lr) : usual}`;
}
