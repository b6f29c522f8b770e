/**
 * The known name that was probably meant. A name with the same letters wins, in any order, case and with any
 * underscores; otherwise the name with the fewest letters to change. Undefined where three letters, or half of the
 * name's letters, would have to change.
 */
export function closest(name: string, known: Iterable<string>): string | undefined {
  const wanted = lettersOf(name);
  let best: string | undefined;
  let least = Math.min(3, name.length / 2);
  for (const one of known) {
    const far = lettersOf(one) === wanted ? 0 : distance(name, one);
    if (far >= least) continue;
    best = one;
    least = far;
  }
  return best;
}

/** The letters in alphabetical order: the same for `maxLr`, `lr_max` and `lrMax`. */
function lettersOf(name: string): string {
  return name.toLowerCase().replace(/_/g, '').split('').sort().join('');
}

/** The number of letters to insert, delete or replace. Source: Levenshtein, 1965. */
function distance(a: string, b: string): number {
  let row = Array.from({length: b.length + 1}, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++)
      next.push(
        Math.min(Number(row[j]) + 1, Number(next[j - 1]) + 1, Number(row[j - 1]) + (a[i - 1] === b[j - 1] ? 0 : 1)),
      );
    row = next;
  }
  return Number(row.at(-1));
}
