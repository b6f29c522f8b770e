/**
 * The name that was probably meant: the same letters in another order or spelling, else the one with the fewest other
 * letters; none where all are far.
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

/** `maxLr`, `lr_max` and `lrMax` have the same. */
function lettersOf(name: string): string {
  return name.toLowerCase().replace(/_/g, '').split('').sort().join('');
}

/** How many letters have to be put in, taken out or replaced. Source: Levenshtein, 1965. */
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
