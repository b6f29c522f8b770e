/** @throws where an option is given that there is not. */
export function checkOptions(what: string, given: object, known: readonly string[]): void {
  for (const name of Object.keys(given)) {
    if (!known.includes(name)) throw new Error(`${what} has no option '${name}'; it has ${known.join(', ')}.`);
  }
}

/** @throws where the option is not a positive number. */
export function checkPositive(name: string, value: number): void {
  if (!(Number.isFinite(value) && value > 0)) throw new Error(`'${name}' is a positive number; got ${String(value)}.`);
}

/** @throws where the option is not from 0 to 1. */
export function checkShare(name: string, value: number): void {
  if (!(value >= 0 && value <= 1)) throw new Error(`'${name}' is a share, from 0 to 1; got ${String(value)}.`);
}
