import {readdirSync, readFileSync} from 'node:fs';
import {dirname, join, normalize, sep} from 'node:path';

import {present} from '../support/present';

/** The rooms of src/ from the top. A file imports from its own room and from those below it; types count as well. */
const ROOMS = [
  'index',
  'browser',
  'all',
  'register',
  'backends',
  'plot',
  'file_system',
  'node_webgpu',
  'interchange',
  'fit',
  'wrapper',
  'table',
  'optimizer',
  'state',
  'params',
  'schedule',
  'callbacks',
  'gpu_training',
  'fuse',
  'rule',
  'wasm_training',
  'wasm_threads',
  'gradients',
  'wasm',
  'util',
];

const IMPORT = /^(?:import|export)\b[^;]*?from '(\.[^']*)'|^import '(\.[^']*)'/gm;
const files = new Set(
  readdirSync('src', {recursive: true, encoding: 'utf8'})
    .map(file => file.replaceAll(sep, '/'))
    .filter(file => file.endsWith('.ts')),
);
const imports = new Map([...files].map(file => [file, importsOf(file)]));

function importsOf(file: string): string[] {
  return [...readFileSync(join('src', file), 'utf8').matchAll(IMPORT)].map(([, from, bare = '']) => {
    const path = normalize(join(dirname(file), from ?? bare)).replaceAll(sep, '/');
    return files.has(`${path}.ts`) ? `${path}.ts` : join(path, 'index.ts').replaceAll(sep, '/');
  });
}

/** An entry, which is in src/ itself, is a room of its own. */
function roomOf(file: string): string {
  const [first = ''] = file.split('/');
  return first.replace(/\.ts$/, '');
}

/** The cycles of a graph: for each node that can be reached from itself, the nodes on the way. */
function cyclesIn(graph: ReadonlyMap<string, readonly string[]>): string[][] {
  // A node that imports nothing may have no entry.
  const importedBy = (node: string) => graph.get(node) ?? [];
  const reached = (from: string): Set<string> => {
    const found = new Set<string>();
    const waiting = [...importedBy(from)];
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      if (found.has(next)) continue;
      found.add(next);
      waiting.push(...importedBy(next));
    }
    return found;
  };
  const all = new Map([...graph.keys()].map(node => [node, reached(node)]));
  return [...all]
    .filter(([node, others]) => others.has(node))
    .map(([node, others]) => [node, ...[...others].filter(other => all.get(other)?.has(node))]);
}

describe('the rooms of src', () => {
  it('are those of the list', () => {
    expect([...new Set([...files].map(roomOf))].sort()).toEqual([...ROOMS].sort());
  });

  it('import downwards only', () => {
    const upwards = [...imports].flatMap(([file, list]) =>
      list
        .filter(other => ROOMS.indexOf(roomOf(other)) < ROOMS.indexOf(roomOf(file)))
        .map(other => `${file} imports ${other}`),
    );
    expect(upwards).toEqual([]);
  });

  it('have no cycle of files', () => {
    expect(cyclesIn(imports)).toEqual([]);
  });

  it('have no cycle of folders', () => {
    const folders = new Map<string, string[]>();
    for (const [file, list] of imports) {
      const folder = dirname(file);
      folders.set(folder, [
        ...(folders.get(folder) ?? []),
        ...list.map(dirname).filter(other => other !== folder && other !== '.' && folder !== '.'),
      ]);
    }
    expect(cyclesIn(folders)).toEqual([]);
  });

  it('finds cycles', () => {
    expect(
      cyclesIn(
        new Map([
          ['a', ['b']],
          ['b', ['c']],
          ['c', ['b']],
        ]),
      ),
    ).toEqual([
      ['b', 'c', 'b'],
      ['c', 'b', 'c'],
    ]);
  });

  it('are as docs/architecture.md draws them', () => {
    const drawn = [...readFileSync('docs/architecture.md', 'utf8').matchAll(/^\| `(\w+)` +\|/gm)].map(
      ([, room = '']) => room,
    );
    expect(drawn).toEqual(ROOMS);
  });

  it('contain the files that the drawing names', () => {
    const [, drawing = ''] = present(/```text\n([^]*?)```/.exec(readFileSync('docs/architecture.md', 'utf8')));
    const named = [...drawing.matchAll(/(?<![*\w/])[\w/]+\.ts/g)].map(([file]) => file);
    expect(named.length).toBeGreaterThan(5);
    expect(named.filter(file => !files.has(file))).toEqual([]);
  });

  it('import files that exist', () => {
    expect([...imports.values()].flat().filter(file => !files.has(file))).toEqual([]);
  });

  it('do not let an optimizer import a backend', () => {
    const inner = [...imports]
      .filter(([file]) => roomOf(file) === 'optimizer')
      .flatMap(([, list]) => list)
      .filter(file => roomOf(file) === 'fuse');
    expect(new Set(inner)).toEqual(new Set(['fuse/index.ts']));
  });
});
