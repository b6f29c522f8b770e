import type {Chain} from '../chain';
import {stepEagerly} from './eager';
import type {Job} from './job';

export type {Job} from './job';

/** Runs one step on all jobs. Afterwards variables and state hold the new values; where it throws, they are as they were. */
export function step(chain: Chain, jobs: readonly Job[], common: Record<string, number>): void {
  stepEagerly(chain, jobs, common);
}
