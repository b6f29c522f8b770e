const said = new Set<string>();

/** Warns on the console. */
export function warn(text: string): void {
  console.warn(`tfjs-optim: ${text}`);
}

/** Warns on the console, only once for each text. */
export function warnOnce(text: string): void {
  if (said.has(text)) return;
  said.add(text);
  warn(text);
}
