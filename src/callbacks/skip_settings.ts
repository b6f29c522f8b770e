import type {Chain} from '../rule/chain';
import type {Callback} from '../rule/declaration';
import {isRegistered, registeredCallback} from '../rule/registry';
import {shown} from '../util/shown';

/** The name of the callback that skips steps. The settings find it by name, so that bundles can leave it out. */
export const SKIP_NON_FINITE = 'skipNonFinite';

/** Settings of every optimizer that makes steps by gradients. */
export interface SkipSettings {
  /**
   * Steps with NaN or infinity in a gradient change neither parameters nor state. See `skipNonFinite`. Default
   * false.
   */
  readonly skipNonFinite?: boolean;
  /**
   * The largest 2-norm of all gradients together. Steps with a larger one change neither parameters nor state, as with
   * `skipNonFinite`, and those with NaN or infinity do not either. 0 means no limit. Default: no limit.
   */
  readonly maxGradNorm?: number;
}

/**
 * The callbacks that the settings ask for.
 * @throws where `skipNonFinite` is not true or false, and where a bundle lacks it.
 */
export function skipping(skip: unknown, maxGradNorm: unknown): Callback[] {
  if (skip !== undefined && typeof skip !== 'boolean')
    throw new Error(`skipNonFinite must be true or false; got ${shown(skip)}.`);
  if (skip !== true && maxGradNorm === undefined) return [];
  if (isRegistered(SKIP_NON_FINITE)) return [registeredCallback(SKIP_NON_FINITE)];
  const code = maxGradNorm === undefined ? '' : `.with({maxGradNorm: ${shown(maxGradNorm)}})`;
  throw new Error(
    `This bundle has no code to skip steps. In place of the setting, add skipNonFinite${code} to \`callbacks\`, with ` +
      "import {skipNonFinite} from 'tfjs-optim'; or import 'tfjs-optim/all'.",
  );
}

/** @throws where `skipNonFinite` comes after everything that it could skip. */
export function checkPlaceOfSkips(chain: Chain): void {
  for (const {callbacks} of chain.division?.chains ?? [chain])
    if (callbacks.at(-1)?.name === SKIP_NON_FINITE)
      throw new Error('skipNonFinite is the last callback, so it skips nothing; put it before the step.');
}
