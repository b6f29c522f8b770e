import {copyFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';

import ts from 'typescript';

import {project, projects, root, VERSIONS} from './consumer.mjs';

const COMMON = [
  '--strict',
  '--exactOptionalPropertyTypes',
  '--skipLibCheck',
  '--target',
  'es2022',
  '--lib',
  'es2022,dom',
  '--declaration',
  '--emitDeclarationOnly',
  '--outDir',
  'types_out',
];
const OPTIONS = {
  'node16, in a CommonJS file and in an ES module': [
    '--module',
    'node16',
    '--moduleResolution',
    'node16',
    'types.ts',
    'types.mts',
  ],
  bundler: ['--module', 'esnext', '--moduleResolution', 'bundler', 'types.ts'],
  'node, the old one': ['--module', 'commonjs', '--moduleResolution', 'node10', 'types.ts'],
};
const ENTRIES = [
  'index',
  'wasm-training',
  'wasm-threads',
  'gpu-training',
  'plot',
  'file-system',
  'node-webgpu',
  'interchange',
  'keras',
];

/** The places in declarations where `any` is written, or where a type resolves to `any`. */
function anyIn(files) {
  const program = ts.createProgram(files, {
    strict: true,
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    skipLibCheck: true,
    types: [],
  });
  const checker = program.getTypeChecker();
  const found = [];
  let types = 0;
  const visit = node => {
    if (ts.isTypeNode(node)) {
      types++;
      if (checker.getTypeAtLocation(node).flags & ts.TypeFlags.Any) {
        const source = node.getSourceFile();
        const {line} = source.getLineAndCharacterOfPosition(node.getStart());
        found.push(`${source.fileName}:${line + 1}: ${node.getText()}`);
      }
    }
    ts.forEachChild(node, visit);
  };
  for (const source of program.getSourceFiles()) {
    if (files.includes(source.fileName)) visit(source);
    else if (source.fileName.includes('/tfjs-optim/'))
      throw new Error(`Only the declarations of ENTRIES may have types; ${source.fileName} has some too.`);
  }
  return {found, types};
}

describe('The types of the package', () => {
  copyFileSync(join(project.folder, 'types.ts'), join(project.folder, 'types.mts'));
  const tsc = join(root, 'node_modules/typescript/bin/tsc');

  for (const [resolution, options] of Object.entries(OPTIONS)) {
    it(`pass strict checks under moduleResolution ${resolution}, and can be named`, async () => {
      expect(await project.node(tsc, ...COMMON, ...options)).toBe('');
    });
  }

  projects.slice(1).forEach(({node}, i) => {
    it(`pass with tfjs ${VERSIONS[i + 1]}`, async () => {
      expect(await node(tsc, ...COMMON, ...OPTIONS.bundler)).toBe('');
    });
  });

  it('contain no any', () => {
    const {found, types} = anyIn(
      ENTRIES.map(entry => join(project.folder, 'node_modules/tfjs-optim/dist', `${entry}.d.ts`)),
    );
    expect(found).toEqual([]);
    expect(types).toBeGreaterThan(1000);
  });

  it('would fail that check with any, written or resolved', () => {
    const file = join(project.folder, 'any.d.ts');
    writeFileSync(
      file,
      [
        `import type {Missing} from 'no-such-module';`,
        'export declare const written: any;',
        'export declare const inferred: typeof nowhere;',
        'export declare function unresolved(of: string): Missing;',
      ].join('\n'),
    );
    expect(anyIn([file]).found).toEqual([`${file}:2: any`, `${file}:3: typeof nowhere`, `${file}:4: Missing`]);
  });
});
