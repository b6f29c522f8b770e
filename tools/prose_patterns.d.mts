/** A turn of phrase that the project does without. */
export interface ProsePattern {
  /** A regular expression without flags. A space stands for any white space. */
  readonly pattern: string;
  /** What is wrong with it. */
  readonly why: string;
  /** What to write instead. */
  readonly write: string;
  /** Texts in which the pattern is found. */
  readonly catches: readonly string[];
  /** Texts in which it is not found. */
  readonly spares: readonly string[];
}

export const PATTERNS: readonly ProsePattern[];
