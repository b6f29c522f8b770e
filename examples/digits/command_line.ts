import {parseArgs} from 'node:util';

/** A mistake on the command line. */
export class UsageError extends Error {}

/**
 * The arguments in the form that parseArgs reads. It takes the `-1` of `--lr -1` for an option, so this joins them to
 * `--lr=-1`.
 * @throws UsageError where an option has no value.
 */
function joined(args: readonly string[], names: readonly string[]): string[] {
  const isOption = (arg: string | undefined) => arg !== undefined && names.some(name => arg === `--${name}`);
  return args.flatMap((arg, i) => {
    const [before, next] = [args[i - 1], args[i + 1]];
    if (isOption(before) && isNegative(arg)) return [];
    if (!isOption(arg)) return [arg];
    if (next === undefined) throw new UsageError(`${arg} needs a value. Write ${arg} VALUE.`);
    if (isNegative(next)) return [`${arg}=${next}`];
    if (!next.startsWith('-')) return [arg];
    throw new UsageError(
      `${arg} needs a value; got '${next}'. Write ${arg} VALUE; if the value begins with a dash, ${arg}=${next}.`,
    );
  });
}

const isNegative = (arg: string) => /^-[\d.]/.test(arg);

/**
 * The value of each option, as text.
 * @param defaults all options besides --help, with their default values.
 * @returns 'help' if the command line has --help.
 * @throws UsageError for an unknown option, or for an option without a value.
 */
export function valuesOf<D extends Readonly<Record<string, string>>>(
  args: readonly string[],
  defaults: D,
): {readonly [K in keyof D]: string} | 'help' {
  const text = {type: 'string'} as const;
  const known = {
    ...Object.fromEntries(Object.keys(defaults).map(name => [name, text])),
    help: {type: 'boolean', default: false} as const,
  };
  let given: Record<string, unknown>;
  const read = joined(args, Object.keys(defaults));
  try {
    given = parseArgs({args: read, options: known}).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error), {cause: error});
  }
  return given['help'] === true ? 'help' : {...defaults, ...given};
}

/** The entry of that name. @throws UsageError if no entry has it. */
export function oneOf<T>(option: string, known: readonly T[], nameOf: (entry: T) => string, name: string): T {
  const found = known.find(entry => nameOf(entry) === name);
  if (found === undefined)
    throw new UsageError(`--${option} must be one of ${known.map(nameOf).join(', ')}; got '${name}'.`);
  return found;
}

/** The text as a number. @throws UsageError if `fits` rejects it. `what` says in words which numbers fit. */
export function numberFrom(option: string, text: string, what: string, fits: (value: number) => boolean): number {
  const value = text.trim() === '' ? NaN : Number(text);
  if (!fits(value)) throw new UsageError(`--${option} must be ${what}; got '${text}'.`);
  return value;
}

/** The text as a whole number from `least` to `most`, both included. @throws UsageError for another text. */
export function wholeFrom(option: string, text: string, least: number, most = Infinity): number {
  const what = most === Infinity ? `a whole number from ${least}` : `a whole number from ${least} to ${most}`;
  return numberFrom(option, text, what, value => Number.isInteger(value) && value >= least && value <= most);
}

/**
 * Reads the command line and runs `main`, or prints the help. For a usage error the exit code is 2.
 * @param command the command without its options.
 * @param help the help, or what returns it for the arguments.
 */
export async function runCommand<O extends object>(
  command: string,
  help: string | ((args: readonly string[]) => string),
  optionsFrom: (args: readonly string[]) => O | 'help',
  main: (options: O) => Promise<void>,
): Promise<void> {
  try {
    const args = process.argv.slice(2);
    const options = optionsFrom(args);
    if (options === 'help') console.log(typeof help === 'string' ? help : help(args));
    else await main(options);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    console.error(`${error.message}\n${command} --help lists the options.`);
    process.exitCode = 2;
  }
}
