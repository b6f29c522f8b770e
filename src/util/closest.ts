/**
 * The known name that was probably meant. A name with the same letters wins, in any order, case and with any
 * underscores; otherwise the name with the fewest letters to change. Undefined where three letters, or half of the
 * name's letters, would have to change.
 */
export function closest(name: string, known: Iterable<string>): string | undefined {
  let best: string | undefined;
  let least = Math.min(3, name.length / 2);
  for (const one of known) {
    const far = lettersOf(one) === lettersOf(name) ? 0 : distance(name, one, least);
    if (far >= least) continue;
    best = one;
    least = far;
  }
  return best;
}

/** A sentence for errors that asks whether a name was meant, after a space. Empty where none is known. */
export function didYouMean(meant: string | undefined): string {
  return meant === undefined ? '' : ` Did you mean '${meant}'?`;
}

/** The letters in alphabetical order: the same for `maxLr`, `lr_max` and `lrMax`. */
function lettersOf(name: string): string {
  return Array.from(name.replace(/_/g, '').toLowerCase()).sort().join();
}

/**
 * The number of letters to insert, delete or replace; from `least` on, only that it is not below. Source: Levenshtein,
 * 1965.
 */
function distance(a: string, b: string, least: number): number {
  if (least <= 0) return 0;
  if (a === '' || b === '') return a.length + b.length;
  const [restA, restB] = [a.slice(1), b.slice(1)];
  return a[0] === b[0]
    ? distance(restA, restB, least)
    : 1 + Math.min(distance(restA, b, least - 1), distance(a, restB, least - 1), distance(restA, restB, least - 1));
}
