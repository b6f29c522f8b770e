/** One line on the terminal that says what is being measured; nothing where the output goes to a file. */
export function progress(done: number, all: number, what: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${done} of ${all}: ${what}`);
}

/** Clears the line. */
export function progressEnded(): void {
  if (process.stderr.isTTY) process.stderr.write('\r\x1b[K');
}
