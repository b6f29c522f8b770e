import {defined} from './lookup';
import {OPTIMIZER_FACTS, type OptimizerFacts} from './optimizer_facts';

const COLUMNS = 118;

/** What an optimizer of the package is for, what it costs, and when not to use it. @throws for an unknown name. */
export function factsOf(name: string): OptimizerFacts {
  return defined(OPTIMIZER_FACTS[name], `optimizer '${name}' in optimizer_facts.ts`);
}

/** The five facts of an optimizer, each with its label. */
export function labelledFacts(name: string): ReadonlyArray<readonly [label: string, text: string]> {
  const {use, avoid, memory, defaults, source} = factsOf(name);
  return [
    ['For', use],
    ['Not for', avoid],
    ['Extra memory', `${memory} (tensors of the parameter's size)`],
    ['Defaults', defaults],
    ['Source', source],
  ];
}

/** The five facts of an optimizer as text, below its name. */
export function aboutOptimizer(name: string): string {
  const lines = labelledFacts(name).map(([label, text]) => `  ${`${label}:`.padEnd(14)}${wrapped(text, 16)}`);
  return `${name}\n${lines.join('\n')}\n`;
}

/** One line per optimizer: the name and what it is for. @param column where the lines begin. */
export function optimizerLines(names: readonly string[], column: number): string {
  const width = Math.max(...names.map(({length}) => length)) + 2;
  const first = (name: string) => defined(factsOf(name).use.split(/(?<=\.) /)[0], `sentence about ${name}`);
  return names
    .map(name => `\n${' '.repeat(column)}${name.padEnd(width)}${wrapped(first(name), column + width)}`)
    .join('');
}

/** The text in lines of at most 118 columns. @param column where the text begins, also in later lines. */
function wrapped(text: string, column: number): string {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && column + line.length + 1 + word.length > COLUMNS) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line].join(`\n${' '.repeat(column)}`);
}
