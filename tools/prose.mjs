// What check_prose.mjs finds in a text.
import {PATTERNS} from './prose_patterns.mjs';

const COLUMNS = 120;

const compiled = PATTERNS.map(({pattern, why, write}) => ({
  expression: new RegExp(pattern.replaceAll(' ', ' +'), 'gim'),
  why,
  write,
}));

/** What the lines of a comment begin with, and of a quote in Markdown. */
const MARKER = /^[ \t]*(?:\/\/+|\/\*\*?|\*(?!\*|\/)|#+(?= )|>)?[ \t]*/;

/** A list item, heading or row of a table in Markdown, which begins a text of its own. */
const BLOCK = /^[ \t]*(?:[-*+] |\d+\. |#+ |\||```)/;

/**
 * A text of the same length in which a sentence is on one line: line ends inside of a paragraph, a comment or a string
 * that is put together with + are spaces.
 */
function unwrapped(text, isMarkdown) {
  return text
    .split('\n')
    .map((line, i) => {
      const marker = MARKER.exec(line)[0].length;
      const isBreak = line.slice(marker).trim() === '' || (isMarkdown && BLOCK.test(line));
      return (i === 0 ? '' : isBreak ? '\n' : ' ') + ' '.repeat(marker) + line.slice(marker);
    })
    .join('')
    .replace(/['"`]\s*\+\s*['"`]/g, glue => ' '.repeat(glue.length));
}

function phrases(file, text) {
  const joined = unwrapped(text, file.endsWith('.md'));
  const found = compiled.flatMap(({expression, why, write}) =>
    [...joined.matchAll(expression)].map(({0: words, index}) => ({
      words,
      from: index,
      to: index + words.length,
      why,
      write,
    })),
  );
  // Two patterns for one turn of phrase may find a phrase and a part of it: that is one mistake.
  const isPart = one =>
    found.some(two => two !== one && two.why === one.why && two.from < one.from && one.to <= two.to);
  return found
    .filter(one => !isPart(one))
    .map(({words, from, why, write}) => ({
      line: text.slice(0, from).split('\n').length,
      message: `'${words.trim().replace(/\s+/g, ' ')}': ${why}; write ${write}`,
    }));
}

function longLines(file, text) {
  return text.split('\n').flatMap((line, i) => {
    const columns = [...line].length;
    const isAllowed = line.includes('://') || (file.endsWith('.md') && line.trimStart().startsWith('|'));
    return columns <= COLUMNS || isAllowed
      ? []
      : [{line: i + 1, message: `the line has ${columns} columns; write at most ${COLUMNS}`}];
  });
}

/**
 * What is wrong with a text, by line.
 * @param file its path; Markdown is told by the ending.
 */
export function problemsOf(file, text) {
  return [...phrases(file, text), ...longLines(file, text)].sort((a, b) => a.line - b.line);
}
