import {numberFrom, oneOf, runCommand, valuesOf, wholeFrom} from '../digits/command_line';
import {defined} from './lookup';

/** An option of an example. */
interface Option<T> {
  /** The value if the option is not given. */
  readonly fallback: string;
  readonly about: string;
  /** The placeholder for the value in the help. */
  readonly value: string;
  /** The value of a text. @throws UsageError for an invalid one. */
  readonly read: (name: string, text: string) => T;
}

type Options = Readonly<Record<string, Option<unknown>>>;
type Values<O extends Options> = {readonly [K in keyof O]: ReturnType<O[K]['read']>};

/** A whole number from `least` to `most`, both included. */
export function whole(fallback: number, about: string, least: number, most = Infinity): Option<number> {
  const bounds = most === Infinity ? `from ${least}` : `from ${least} to ${most}`;
  return {
    fallback: String(fallback),
    about: `${about}, ${bounds}`,
    value: 'N',
    read: (name, text) => wholeFrom(name, text, least, most),
  };
}

/** A positive number. */
export function positive(fallback: number, about: string): Option<number> {
  const read = (name: string, text: string) =>
    numberFrom(name, text, 'a positive number', value => value > 0 && Number.isFinite(value));
  return {fallback: String(fallback), about, value: 'NUMBER', read};
}

/** One of some names. */
export function choice<const N extends string>(fallback: N, about: string, names: readonly N[]): Option<N> {
  const read = (option: string, text: string) => oneOf(option, names, name => name, text);
  return {fallback, about: `${about}: ${names.join(', ')}`, value: 'NAME', read};
}

/** A folder. */
export function folder(fallback: string, about: string): Option<string> {
  return {fallback, about, value: 'FOLDER', read: (_, text) => text};
}

/**
 * Runs an example with the options of the command line, or prints its help. For a usage error the exit code is 2.
 * @param file the example's file name in `examples`.
 * @param about what the example does, for the help.
 */
export function run<const O extends Options>(
  file: string,
  about: string,
  options: O,
  main: (values: Values<O>) => Promise<void>,
): Promise<void> {
  const command = `npx tsx examples/${file}`;
  return runCommand(command, helpOf(command, about, options), args => optionsFrom(options, args), main);
}

function optionsFrom<O extends Options>(options: O, args: readonly string[]): Values<O> | 'help';
function optionsFrom(options: Options, args: readonly string[]): Record<string, unknown> | 'help' {
  const texts = valuesOf(
    args,
    Object.fromEntries(Object.entries(options).map(([name, {fallback}]) => [name, fallback])),
  );
  if (texts === 'help') return 'help';
  return Object.fromEntries(
    Object.entries(options).map(([name, {read}]) => [name, read(name, defined(texts[name], `text of --${name}`))]),
  );
}

function helpOf(command: string, about: string, options: Options): string {
  const rows = Object.entries(options).map(
    ([name, {fallback, about: what, value}]): readonly [option: string, what: string] => [
      `--${name} ${value}`,
      `${what} (default ${fallback === '' ? 'none' : fallback})`,
    ],
  );
  rows.push(['--help', 'print this help']);
  const width = Math.max(...rows.map(([option]) => option.length)) + 2;
  const lines = rows.map(([option, what]) => `  ${option.padEnd(width)}${what}`);
  return `${command} [options]\n\n${about}\n\n${lines.join('\n')}\n`;
}
