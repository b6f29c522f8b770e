import {checkOptions, checkSwitch} from '../../util/options';
import {isPlain, shown} from '../../util/shown';
import {warnOnce} from '../../util/warn';

/** The options of a transfer that are checked here. */
interface TransferOptions {
  readonly optimizer?: unknown;
  readonly lossy?: unknown;
}

/**
 * Checks the options of a transfer.
 * @param what the function as errors call it.
 * @param first its arguments before the options.
 * @param known the names of its options.
 * @throws for an unknown option, for `lossy` other than true or false, and for an optimizer without a state that can be
 *   moved. Functions to which an optimizer can be true or false are asked by `isSwitch`.
 */
export function checkTransfer(
  what: string,
  first: string,
  options: (TransferOptions & object) | undefined,
  known: readonly string[],
  isSwitch: (optimizer: boolean) => boolean,
): void {
  checkOptions(what, options ?? {}, known, [], first);
  const {optimizer, lossy = false} = {...options};
  checkSwitch('lossy', lossy);
  if (
    optimizer === undefined ||
    (typeof optimizer === 'boolean' && isSwitch(optimizer)) ||
    // By its members, because a bundle would contain the class.
    (typeof optimizer === 'object' && optimizer !== null && 'callbacks' in optimizer && 'stateDict' in optimizer)
  )
    return;
  throw new Error(
    `${what} moves the state of optimizers of tfjs-optim; got ${shown(optimizer)}. ` +
      (typeof optimizer === 'object' && optimizer !== null && !isPlain(optimizer)
        ? "Train with one from the start, such as adam(lr, {like: 'tf.train'}), which computes what tf.train.adam(lr)" +
          ' does; or leave `optimizer` out, which moves weights alone.'
        : 'Pass the one that the model is compiled with, as in optimizer: optimizerOf(model).'),
  );
}

/** A whole file. A Buffer of Node is a Uint8Array. @throws for anything that is neither bytes nor a buffer of them. */
export function bytesOf(what: string, file: unknown): Uint8Array {
  if (isBytes(file)) return file;
  if (isBuffer(file)) return new Uint8Array(file);
  throw new Error(
    `${what} takes the bytes of a file first, a Uint8Array or an ArrayBuffer; got ${shown(file)}. ` +
      (typeof file === 'string'
        ? 'Read the file before, by fetch or by readFileSync of node:fs.'
        : 'A File or Response gives them by `await x.arrayBuffer()`.'),
  );
}

/** The built-in class of an object, which may be of another window. */
const tagOf = (x: unknown) => Object.prototype.toString.call(x).slice(8, -1);
const isBytes = (x: unknown): x is Uint8Array => tagOf(x) === 'Uint8Array';
const isBuffer = (x: unknown): x is ArrayBuffer => tagOf(x) === 'ArrayBuffer';

/** Warns where a model was trained by the optimizer that it is compiled with, and another one's state is written. */
export function warnWhereUntrained(what: string, model: object, given: {readonly iterations: number}): void {
  const compiled: unknown = Reflect.get(model, 'optimizer');
  if (compiled === given || given.iterations > 0 || typeof compiled !== 'object' || compiled === null) return;
  const steps: unknown = Reflect.get(compiled, 'iterations');
  if (typeof steps === 'number' && steps > 0)
    warnOnce(
      `${what} writes the state of an optimizer that has made no step. The model is compiled with another one, which ` +
        `has made ${steps}. Pass that one: optimizerOf(model).`,
    );
}

/** Warns where a file has the state of an optimizer that nobody asked for. @param pass what to pass to read it. */
export function warnUnread(what: string, pass: string): void {
  warnOnce(
    `${what} reads weights alone, and leaves the state of the optimizer in the file. Pass ${pass} to go on training ` +
      'where it stopped, or optimizer: false if weights are enough.',
  );
}
