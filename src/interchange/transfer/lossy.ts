import {warn} from '../../util/warn';

/** A setting of every transfer. */
export interface Lossy {
  /**
   * Whether what the other side can't hold is left out, with one warning that names it. Default false: it is an error.
   */
  readonly lossy?: boolean;
}

/** Collects what does not fit. */
export interface Problems {
  /** To be called with a sentence about what does not fit. @throws unless `lossy`. */
  readonly problem: (text: string) => void;
  /** Warns once of everything that was collected. */
  readonly done: () => void;
}

/** @param intro what the warning begins with. */
export function problems(lossy: boolean, intro: string): Problems {
  const lost: string[] = [];
  return {
    problem: text => {
      if (!lossy) throw new Error(`${text} Pass lossy: true to go on without it.`);
      lost.push(text);
    },
    done: () => {
      if (lost.length > 0) warn(`${intro}: ${[...new Set(lost)].join(' ')}`);
    },
  };
}
