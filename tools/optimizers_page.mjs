// `npm run tables`: writes what the docstrings of src/table say of each optimizer into docs/optimizers.md, their names
// into the README, and plain text for the command lines and the demo into a module. With `--check`, fails where
// these files say something else.
import {readdirSync, readFileSync} from 'node:fs';
import {join} from 'node:path';

import ts from 'typescript';

import {optimizers} from '../src/index.ts';
import {filledPage, laidOut, writeGenerated} from './generated.mjs';

const TABLE = 'src/table';
const TAGS = ['formula', 'source', 'memory', 'use', 'avoid'];
const FACTS = 'examples/support/optimizer_facts.ts';
const PAGES = {'docs/optimizers.md': pageOf, 'README.md': listOf};

/** The docstring of every exported declaration in src/table, by name: its text and its tags. */
function docstrings() {
  const found = new Map();
  for (const file of readdirSync(TABLE)) {
    const source = ts.createSourceFile(file, readFileSync(join(TABLE, file), 'utf8'), ts.ScriptTarget.Latest, true);
    for (const statement of source.statements) {
      const declared = ts.isVariableStatement(statement) ? statement.declarationList.declarations[0] : statement;
      const [doc] = ts.getJSDocCommentsAndTags(statement).filter(ts.isJSDoc);
      if (declared.name === undefined || doc === undefined) continue;
      const tags = new Map((doc.tags ?? []).map(tag => [tag.tagName.text, textOf(tag.comment)]));
      found.set(declared.name.text, {text: textOf(doc.comment), tags});
    }
  }
  return found;
}

function textOf(comment) {
  return (ts.getTextOfJSDocComment(comment) ?? '').replace(/\s*\n\s*/g, ' ').trim();
}

/** What the pages say of each optimizer, in the order of the table. */
function entries() {
  const docs = docstrings();
  const factories = [...docs].filter(([, {tags}]) => tags.has('formula')).map(([name]) => name);
  const order = optimizers.map(
    ({name}) => factories.find(one => one === name) ?? factories.find(one => isKindOf(name, one)),
  );
  const undescribed = optimizers.filter((_, i) => order[i] === undefined).map(({name}) => name);
  if (undescribed.length > 0) throw new Error(`${undescribed.join(', ')} must have the tags @${TAGS.join(', @')}.`);
  return [...new Set(order)].map(factory => {
    const {text, tags} = docs.get(factory);
    const missing = TAGS.filter(tag => !tags.has(tag));
    if (missing.length > 0) throw new Error(`The docstring of ${factory} must have @${missing.join(', @')}.`);
    return {factory, defaults: defaultsOf(factory, text, docs), ...Object.fromEntries(tags)};
  });
}

/** Whether a row is one kind of a factory that makes several, such as `scheduleFreeSgd`. */
function isKindOf(row, factory) {
  return row.startsWith(factory) && /^[A-Z]/.test(row.slice(factory.length));
}

/** The sentence about defaults, in the docstring of the factory or of the class that it makes. */
function defaultsOf(factory, text, docs) {
  const [, cls] = /\{@link (\w+)\}/.exec(text) ?? [];
  const pattern = /Defaults?(?:, [^:]*)?: (.*?)\.(?: |$)/;
  const [, said] = pattern.exec(text) ?? pattern.exec(docs.get(cls)?.text ?? '') ?? [];
  if (said === undefined) throw new Error(`The docstring of ${factory} must have a sentence 'Defaults: …'.`);
  const {make} = optimizers.find(({name}) => name === factory) ?? optimizers.find(({name}) => isKindOf(name, factory));
  const made = make();
  for (const [name, value] of Object.entries(made.hypers[0])) {
    const [, number] = new RegExp(`\`${name}\` (-?[\\d.e-]+)`).exec(said) ?? [];
    if (Number(number) !== value)
      throw new Error(`The docstring of ${factory} must say that \`${name}\` is ${value}; it says: ${said}.`);
  }
  made.dispose();
  return said;
}

function pageOf() {
  return entries()
    .map(({factory, formula, source, memory, use, avoid, defaults}) =>
      [
        `### ${factory}\n\n${formula}\n`,
        `- For: ${use}`,
        `- Not for: ${avoid}`,
        `- Defaults: ${defaults}.`,
        `- Extra memory, in tensors of the parameter's size: ${memory}.`,
        `- Source: ${source}.\n`,
      ].join('\n'),
    )
    .join('\n');
}

/** The names alone. */
function listOf() {
  return entries()
    .map(({factory}) => `\`${factory}\``)
    .join(', ');
}

/** The module with what the docstrings say of each row of the table, as plain text. */
function factsModule() {
  const plain = text => text.replaceAll('`', '');
  const all = entries();
  const facts = optimizers.map(({name}) => {
    const entry = all.find(({factory}) => factory === name) ?? all.find(({factory}) => isKindOf(name, factory));
    const {use, avoid, memory, defaults, source} = entry;
    return [name, {use, avoid, memory, defaults, source}];
  });
  const lines = facts.map(
    ([name, said]) =>
      `${name}: {${Object.entries(said).map(([key, text]) => `${key}: ${JSON.stringify(plain(text))}`)}},`,
  );
  return `// Generated from the docstrings in src/table by \`npm run tables\`. Change the docstrings, not this file.

/** What an optimizer is for, what it costs, and when not to use it. */
export interface OptimizerFacts {
  readonly use: string;
  readonly avoid: string;
  /** In tensors of the parameter's size. */
  readonly memory: string;
  readonly defaults: string;
  readonly source: string;
}

/** The facts of each row of the table of optimizers. */
export const OPTIMIZER_FACTS: Readonly<Record<string, OptimizerFacts>> = {${lines.join('\n')}};
`;
}

const files = new Map([[FACTS, await laidOut(FACTS, factsModule())]]);
for (const [page, make] of Object.entries(PAGES)) files.set(page, await filledPage(page, 'optimizers', make()));
writeGenerated(files, 'npm run tables');
