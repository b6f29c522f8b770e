/** Names as errors list them, three at most: `'a', 'b', 'c' and 2 others`. */
export function listed(names: readonly string[]): string {
  const shown = names.slice(0, 3).map(name => `'${name}'`);
  return `${shown.join(', ') || 'nothing'}${names.length > 3 ? ` and ${names.length - 3} others` : ''}`;
}
