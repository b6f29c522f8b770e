import {parseArgs} from 'node:util';

/** The command line of a benchmark. */
interface CommandLine<Name extends string> {
  readonly quick: boolean;
  /** The text of an option, or `fallback` if it was not given. */
  readonly option: (name: Name, fallback: string) => string;
  /** The arguments without `--`. */
  readonly words: readonly string[];
}

/**
 * Reads the command line. For `--help`, prints the help and ends the process.
 * @param help the help, or what returns it for the options that were given.
 * @param names the options with a text, besides `--quick` and `--help`.
 */
export function commandLine<const Name extends string>(
  help: string | ((option: CommandLine<Name>['option']) => string),
  names: readonly Name[],
): CommandLine<Name> {
  const options: Record<string, {readonly type: 'string' | 'boolean'}> = {
    quick: {type: 'boolean'},
    help: {type: 'boolean'},
  };
  for (const name of names) options[name] = {type: 'string'};
  const {values, positionals} = parseArgs({options, allowPositionals: true});
  const option = (name: Name, fallback: string): string => {
    const value = values[name];
    return typeof value === 'string' ? value : fallback;
  };
  if (values['help'] === true) {
    console.log(typeof help === 'string' ? help : help(option));
    process.exit(0);
  }
  return {quick: values['quick'] === true, option, words: positionals};
}

/** Names in a help text, one per line, from this column on. */
export function listed(names: ReadonlyArray<{readonly name: string}>, column: number): string {
  return names.map(({name}) => `\n${' '.repeat(column)}${name}`).join('');
}
