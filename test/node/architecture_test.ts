import {readdirSync, readFileSync} from 'node:fs';
import {dirname, join, normalize, sep} from 'node:path';

const IMPORT = /^(?:import|export)\b[^;]*?from '(\.[^']*)'|^import '(\.[^']*)'/gm;
const files = new Set(readdirSync('src', {recursive: true, encoding: 'utf8'}).map(file => file.replaceAll(sep, '/')).filter(file => file.endsWith('.ts')));
const imports = new Map([...files].map(file => [file, importsOf(file)]));

function importsOf(file: string): string[] {
  return [...readFileSync(join('src', file), 'utf8').matchAll(IMPORT)].map(([, from, bare = '']) => {
    const path = normalize(join(dirname(file), from ?? bare)).replaceAll(sep, '/');
    return files.has(`${path}.ts`) ? `${path}.ts` : join(path, 'index.ts').replaceAll(sep, '/');
  });
}

function moduleOf(file: string): string {
  if (file === 'index.ts' || file === 'browser.ts') return file.slice(0, -'.ts'.length);
  const [folder = ''] = file.split('/');
  return folder === file ? 'core' : folder;
}

/** Everything that files of a module import, and what that imports. */
function reached(module: string): Set<string> {
  const found = new Set<string>();
  const visit = (file: string): void => {
    if (found.has(file)) return;
    found.add(file);
    imports.get(file)?.forEach(visit);
  };
  for (const file of files) if (moduleOf(file) === module) visit(file);
  return found;
}

describe('the house', () => {
  it('is as docs/architecture.md draws it', () => {
    const drawn = [...readFileSync('docs/architecture.md', 'utf8').matchAll(/^\| `(\w+)` \| .* \|([ `\w]*)\|$/gm)]
      .map(([, module = '', list = '']) => [module, [...list.matchAll(/\w+/g)].map(([name]) => name).sort()]);
    const found = new Map<string, Set<string>>();
    for (const [file, list] of imports) {
      const others = found.get(moduleOf(file)) ?? new Set();
      for (const other of list.map(moduleOf)) if (other !== moduleOf(file)) others.add(other);
      found.set(moduleOf(file), others);
    }
    expect(Object.fromEntries(drawn)).toEqual(Object.fromEntries([...found].map(([module, others]) => [module, [...others].sort()])));
  });

  it('has the files that the drawing names', () => {
    const [, drawing = ''] = /```text\n([^]*?)```/.exec(readFileSync('docs/architecture.md', 'utf8')) ?? [];
    const named = [...drawing.matchAll(/(?<![*\w/])[\w/]+\.ts/g)].map(([file]) => file);
    expect(named.length).toBeGreaterThan(5);
    expect(named.filter(file => !files.has(file))).toEqual([]);
  });

  it('imports files that there are', () => {
    expect([...imports.values()].flat().filter(file => !files.has(file))).toEqual([]);
  });

  for (const module of ['fuse', 'callbacks']) {
    it(`has ${module} know nothing of optimizers`, () => {
      const all = reached(module);
      for (const file of ['optimizer.ts', 'base_optimizer.ts', 'optimizers.ts', 'parameter_set.ts', 'groups.ts']) {
        expect(files).toContain(file);
        expect(all.has(file)).withContext(file).toBe(false);
      }
    });
  }

  it('has no optimizer know of a backend', () => {
    const inner = [...imports].filter(([file]) => moduleOf(file) === 'core').flatMap(([, list]) => list).filter(file => moduleOf(file) === 'fuse');
    expect(new Set(inner)).toEqual(new Set(['fuse/index.ts']));
  });
});
