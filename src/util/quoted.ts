/** Names for errors: `'a', 'b'`, or none. */
export function quoted(list: ReadonlyArray<{readonly name: string}>): string {
  return list.map(({name}) => `'${name}'`).join(', ') || 'none';
}
