import type {History} from './contestant';
import type {Entrant} from './entrants';
import type {Setup} from './setup';
import type {Times} from './timing';

/** What charts, table and words show: the session, or the example run. */
export interface Run {
  readonly setup: Setup;
  /** The number of steps that are made. */
  readonly step: number;
  readonly steps: number;
  /** The milliseconds of waiting for a GPU in each measured time; undefined where they are not known. */
  readonly waiting: number | undefined;
  readonly contestants: readonly Runner[];
}

/** One optimizer of a run. */
export interface Runner {
  readonly entrant: Entrant;
  readonly history: History;
  readonly times: {readonly typical: Times | undefined};
}
