import {isDict} from '../../util/config_reader';
import {jsonIn, malformedEntry} from '../transfer/metadata';
import type {FastaiCallback} from './names';

/** The key of metadata that say what groups and tensors do not. */
export const DESCRIBED = 'fastai';

/** What they say. */
export interface Described {
  readonly callbacks: readonly FastaiCallback[];
  readonly lookahead?: {readonly k: number; readonly alpha: number; readonly count: number};
  readonly frozen_idx: number;
  /** By the name of the parameter. */
  readonly flags: Readonly<
    Record<string, {readonly do_wd: boolean; readonly force_train: boolean; readonly requires_grad: boolean}>
  >;
}

/** Reads these metadata. @throws where they are malformed. */
export function describedIn(metadata: Readonly<Record<string, string>>): Described {
  const value = jsonIn(metadata, DESCRIBED);
  if (!isDescribed(value)) throw malformedEntry(DESCRIBED);
  return value;
}

function isDescribed(value: unknown): value is Described {
  if (!isDict(value)) return false;
  const {callbacks, lookahead, frozen_idx: frozenIdx, flags} = value;
  return (
    Array.isArray(callbacks) &&
    callbacks.every(
      (cb: unknown) => Array.isArray(cb) && cb.length === 2 && typeof cb[0] === 'string' && isDict(cb[1]),
    ) &&
    (lookahead === undefined ||
      (isDict(lookahead) && ['k', 'alpha', 'count'].every(key => typeof lookahead[key] === 'number'))) &&
    typeof frozenIdx === 'number' &&
    isDict(flags) &&
    Object.values(flags).every(
      one => isDict(one) && typeof one['do_wd'] === 'boolean' && typeof one['force_train'] === 'boolean',
    )
  );
}
