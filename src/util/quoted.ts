/** Names as errors list them: `'a', 'b'`; the word `none` for an empty list. */
export function quoted(list: ReadonlyArray<{readonly name: string}>): string {
  return list.map(({name}) => `'${name}'`).join(', ') || 'none';
}
