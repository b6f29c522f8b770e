import type {Setup} from './setup';

/** A turn of some steps. */
export interface Turn {
  /** Milliseconds of all steps, until the device has finished. */
  readonly ms: number;
  /** The loss of the last step, before the weights moved. */
  readonly loss: number;
}

/** One network in training. */
export interface Training {
  /** Makes steps. The batch follows from the number of steps that were made before. */
  run(steps: number): Promise<Turn>;
  dispose(): void;
}

/** A framework with an optimizer. */
export interface Contestant {
  readonly name: string;
  /** What a reader must know to compare its figures. */
  readonly note?: string;
  /** @throws (rejects) where it can't train this network. The message is the cause that the table shows. */
  start(setup: Setup): Promise<Training>;
}
