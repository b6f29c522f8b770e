/** One pattern from several: a literal can't go on in the next line. */
export function joined(...parts: readonly RegExp[]): RegExp {
  return new RegExp(parts.map(({source}) => source).join(''));
}
