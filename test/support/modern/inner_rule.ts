import {adamW, type Callback, type HyperValue, type Optimizer, sgd} from '../../../src';
import {present} from '../present';
import type {tf} from '../tfjs';
import type {Adapter} from './adapter';

/** What a recorded class adds to the rule inside of it, and the variables. */
interface Around {
  readonly params: tf.Variable[][];
  /** Callbacks before the rule, with hypers and options by name. */
  readonly callbacks?: readonly Callback[];
  readonly settings?: Readonly<Record<string, HyperValue>>;
  readonly skipNonFinite?: boolean;
}

/** PyTorch's optimizer inside of a recorded class. */
export function innerRule(
  inside: Parameters<Adapter['make']>[2],
  {params, callbacks = [], settings = {}, skipNonFinite = false}: Around,
): Optimizer {
  const {rule, given} = present(inside);
  const lr = given.number('lr');
  const common = {params, callbacks, skipNonFinite, ...settings};
  if (rule === 'SGD') return sgd(lr, {...common, mom: given.number('momentum', 0)});
  if (rule === 'Adam') return adamW(lr, {...common, wd: 0});
  if (rule === 'AdamW') return adamW(lr, {...common, wd: given.number('weight_decay', 0.01)});
  throw new Error(`There is no adapter for ${rule} inside of another class.`);
}
