import type {OptionDecl} from '../rule/declaration';
import {type Start, zeros} from '../rule/starts';
import {singleLinesIn} from './graph';
import {Recorder, Session, Traced} from './traced';

/**
 * The shape of an entry with this start, for a parameter of the given shape: that of what the start computes.
 * `undefined` where the start can't be traced, so that only a call can tell.
 * @param options those of the entry's callback.
 */
export function startShape(
  start: Start,
  shape: readonly number[],
  options: OptionDecl = {},
): readonly number[] | undefined {
  if (start === zeros || start.space === 'weight') return shape;
  const recorder = new Recorder(new Session(), {shape, matrix: singleLinesIn(shape), hasAxes: true});
  try {
    const value: unknown = start({p: recorder.input('p', 'full'), grad: recorder.input('grad', 'full'), options});
    return value instanceof Traced ? value.shape : undefined;
  } catch {
    // A start that needs real tensors throws here. Its shape is known only after its first call.
    return undefined;
  }
}
