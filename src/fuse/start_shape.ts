import {type Start, zeros} from '../rule/starts';
import {Recorder, Session, Traced} from './traced';

/**
 * The shape of an entry with this start, for a parameter of the given shape: that of what the start computes.
 * `undefined` where the start can't be traced, so that only a call can tell.
 */
export function startShape(start: Start, shape: readonly number[]): readonly number[] | undefined {
  if (start === zeros || start.space === 'weight') return shape;
  const recorder = new Recorder(new Session(), {
    shape,
    matrix: {hasOneRow: shape.slice(0, -1).every(length => length === 1), hasOneColumn: (shape.at(-1) ?? 1) === 1},
    hasAxes: true,
  });
  try {
    const value: unknown = start({p: recorder.input('p', 'full'), grad: recorder.input('grad', 'full')});
    return value instanceof Traced ? value.shape : undefined;
  } catch {
    // Also a start that can't do without real tensors throws here. It tells its shape in training.
    return undefined;
  }
}
