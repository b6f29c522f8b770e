import {parseArgs} from 'node:util';

/** The command line of a benchmark. What is read from it is checked: a mistake ends the program with a message. */
interface CommandLine<Name extends string, Flag extends string> {
  readonly quick: boolean;
  /** Whether this option without a text was given. */
  readonly flag: (name: Flag) => boolean;
  /** The text of an option, or `fallback` if it was not given. */
  readonly option: (name: Name, fallback: string) => string;
  /** The number of an option, which must be whole and at least 1. */
  readonly count: (name: Name, fallback: number) => number;
  /** The number of an option, which must be above 0. */
  readonly positive: (name: Name, fallback: number) => number;
  /** The names in an option, with commas between them. Each must be one of `known`. An empty text means all. */
  readonly names: <const T extends string>(name: Name, known: readonly T[], fallback?: readonly T[]) => readonly T[];
  /**
   * What has one of the texts of an option in its name; all if the option was not given. At least one must have it.
   * @param separator what is between the texts. Without it, the option is one text.
   */
  readonly matching: <T extends Named>(
    name: Name,
    all: readonly T[],
    options?: {readonly separator?: string; readonly fallback?: string},
  ) => readonly T[];
  /** The arguments without `--`. */
  readonly words: readonly string[];
}

interface Named {
  readonly name: string;
}

/** Ends the program because of a mistake on the command line. */
function refuse(message: string): never {
  console.error(`${message}\nThe option --help lists what can be asked for.`);
  process.exit(2);
}

/**
 * Reads the command line. For `--help`, prints the help and ends the process.
 * @param help the help, or what returns it for the options that were given.
 * @param names the options with a text, besides `--quick` and `--help`.
 * @param flags more options without a text.
 */
export function commandLine<const Name extends string, const Flag extends string = never>(
  help: string | ((option: CommandLine<Name, Flag>['option']) => string),
  names: readonly Name[],
  flags: readonly Flag[] = [],
): CommandLine<Name, Flag> {
  const options: Record<string, {readonly type: 'string' | 'boolean'}> = {
    quick: {type: 'boolean'},
    help: {type: 'boolean'},
  };
  for (const name of names) options[name] = {type: 'string'};
  for (const flag of flags) options[flag] = {type: 'boolean'};
  const {values, positionals} = parsed(options);
  const option = (name: Name, fallback: string): string => {
    const value = values[name];
    return typeof value === 'string' ? value : fallback;
  };
  const numberOf = (name: Name, fallback: number, isRight: (x: number) => boolean, expected: string): number => {
    const text = option(name, String(fallback));
    // `Number` reads an empty text as 0.
    const value = text.trim() === '' ? NaN : Number(text);
    return isRight(value) ? value : refuse(`--${name} must be ${expected}; got '${text}'.`);
  };
  if (values['help'] === true) {
    console.log(typeof help === 'string' ? help : help(option));
    process.exit(0);
  }
  return {
    quick: values['quick'] === true,
    flag: name => values[name] === true,
    option,
    count: (name, fallback) => numberOf(name, fallback, x => Number.isInteger(x) && x >= 1, 'a whole number from 1'),
    positive: (name, fallback) => numberOf(name, fallback, x => x > 0 && x < Infinity, 'a number above 0'),
    names: (name, known, fallback = known) => {
      const text = option(name, fallback.join(','));
      if (text === '') return known;
      return text
        .split(',')
        .map(
          asked =>
            known.find(one => one === asked.trim()) ??
            refuse(`--${name} must be some of ${known.join(', ')}; got '${asked}'.`),
        );
    },
    matching: (name, all, {separator, fallback = ''} = {}) => {
      const text = option(name, fallback);
      const texts = separator === undefined ? [text] : text.split(separator);
      const found = all.filter(one => texts.some(part => one.name.includes(part)));
      if (found.length > 0) return found;
      return refuse(
        `--${name} must be part of one of these names: ${all.map(one => one.name).join('; ')}; got '${text}'.`,
      );
    },
    words: positionals,
  };
}

function parsed(options: Record<string, {readonly type: 'string' | 'boolean'}>) {
  try {
    return parseArgs({options, allowPositionals: true});
  } catch (error) {
    // An option that is not known, or that lacks its text.
    if (error instanceof TypeError) refuse(error.message);
    throw error;
  }
}

/** Names in a help text, one per line, from this column on. */
export function listed(names: ReadonlyArray<{readonly name: string}>, column: number): string {
  return names.map(({name}) => `\n${' '.repeat(column)}${name}`).join('');
}
