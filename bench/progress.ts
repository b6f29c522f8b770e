/** Shows in one line of the terminal what is measured now. If stderr is not a terminal, it shows nothing. */
export function progress(done: number, all: number, what: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${done} of ${all}: ${what}`);
}

/** Clears the line. */
export function progressEnded(): void {
  if (process.stderr.isTTY) process.stderr.write('\r\x1b[K');
}
