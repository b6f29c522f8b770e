/** A mistake in a text. */
export interface ProseProblem {
  /** From 1. */
  readonly line: number;
  /** What is wrong; what to write instead. */
  readonly message: string;
}

/**
 * What is wrong with a text, by line.
 * @param file its path; Markdown is told by the ending.
 */
export function problemsOf(file: string, text: string): ProseProblem[];
