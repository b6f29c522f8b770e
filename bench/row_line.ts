/** A row of figures as one line, for rows that are shown as soon as they are measured. */
export function rowLine(row: Readonly<Record<string, string | number>>): string {
  return Object.entries(row)
    .map(([name, figure]) => `${name} ${figure}`)
    .join(' | ');
}
