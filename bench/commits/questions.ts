/** What the program that compares commits asks the processes that measure them, and what they answer. */
export interface Case {
  readonly optimizer: string;
  readonly variables: number;
  /** The elements of each variable. */
  readonly size: number;
}

/** To prepare a case, or to measure that many steps of the case. */
export type Question = Case | {readonly steps: number};

/** Whether the commit has the optimizer, or the processor's milliseconds of one step. */
export type Answer = {readonly has: boolean} | {readonly ms: number};
