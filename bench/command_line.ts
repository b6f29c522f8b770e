import {parseArgs} from 'node:util';

/** What a bench was asked for. */
export interface CommandLine<Name extends string> {
  readonly quick: boolean;
  /** The text of an option, where it was given. */
  readonly option: (name: Name) => string | undefined;
  /** What stands there without `--`. */
  readonly words: readonly string[];
}

/**
 * Reads the command line; prints the help and ends where that was asked for.
 * @param names the options that take a text, beside `--quick` and `--help`.
 */
export function commandLine<const Name extends string>(help: string, names: readonly Name[]): CommandLine<Name> {
  const options: Record<string, {readonly type: 'string' | 'boolean'}> = {
    quick: {type: 'boolean'},
    help: {type: 'boolean'},
  };
  for (const name of names) options[name] = {type: 'string'};
  const {values, positionals} = parseArgs({options, allowPositionals: true});
  if (values['help'] === true) {
    console.log(help);
    process.exit(0);
  }
  const option = (name: Name): string | undefined => {
    const value = values[name];
    return typeof value === 'string' ? value : undefined;
  };
  return {quick: values['quick'] === true, option, words: positionals};
}
