import {execFileSync} from 'node:child_process';
import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {buildSync} from 'esbuild';
import {publint} from 'publint';
import {build} from 'vite';
import {consumer, pack, root} from './consumer.mjs';
import {EXPECTED} from './fixtures/scenario.mjs';
import {browser, visit} from './page.mjs';

const VERSIONS = ['4.22.0', '4.20.0', '4.17.0'];
const MODULE_PAGE = file => `<script type="module" src="/${file}"></script>`;
const WORKER_PAGE = `<script>globalThis.result = new Promise(resolve => {
  new Worker('/out/worker.js').onmessage = ({data}) => { resolve(data); };
});</script>`;
const SCRIPT_PAGE = `<script src="/node_modules/@tensorflow/tfjs/dist/tf.min.js"></script>
  <script src="/node_modules/tfjs-optim/dist/tfjs-optim.min.js"></script>
  <script type="module">import {scenario} from '/scenario.mjs'; globalThis.result = scenario(tf, tfoptim);</script>`;

const scratch = mkdtempSync(join(tmpdir(), 'tfjs-optim-pack-'));
const tarball = pack(scratch);
afterAll(() => { rmSync(scratch, {recursive: true, force: true}); });

describe('The packed package', () => {
  it('has nothing for publint to object to', async () => {
    const {messages} = await publint({pkgDir: root, strict: true});
    expect(messages).toEqual([]);
  });

  it('has types that resolve everywhere (attw)', () => {
    const out = execFileSync(process.execPath, [join(root, 'node_modules/@arethetypeswrong/cli/dist/index.js'), tarball, '--format', 'ascii'], {encoding: 'utf8'});
    expect(out).toContain('No problems found');
  });
});

for (const version of VERSIONS) {
  describe(`With tfjs ${version}, the package`, () => {
    let project;
    beforeAll(() => { project = consumer(tarball, version); });
    afterAll(() => { project.remove(); });

    it('brings no second copy of tfjs-core', () => {
      const tree = JSON.parse(project.run('npm', 'ls', '@tensorflow/tfjs-core', '--json', '--long', '--all'));
      const paths = new Set();
      const walk = ({dependencies = {}}) => {
        for (const [name, each] of Object.entries(dependencies)) {
          if (name === '@tensorflow/tfjs-core' && each.path) paths.add(each.path);
          walk(each);
        }
      };
      walk(tree);
      expect(paths.size).toBe(1);
    });

    for (const file of ['consumer.mjs', 'consumer.cjs']) {
      it(`trains, saves and resumes in Node, ${file}`, () => {
        expect(JSON.parse(project.run(process.execPath, file).trim().split('\n').at(-1))).toEqual(EXPECTED);
      });
    }
  });
}

describe('In a build, the package', () => {
  let project;
  let chrome;
  beforeAll(async () => {
    project = consumer(tarball, VERSIONS[0]);
    chrome = await browser();
  });
  afterAll(async () => {
    await chrome.close();
    project.remove();
  });

  for (const [module, moduleResolution] of [['node16', 'node16'], ['esnext', 'bundler']]) {
    it(`type-checks strictly under moduleResolution ${moduleResolution}`, () => {
      const options = ['--strict', '--noEmit', '--skipLibCheck', '--target', 'es2022', '--lib', 'es2022,dom', '--module', module, '--moduleResolution', moduleResolution];
      expect(project.run(process.execPath, join(root, 'node_modules/typescript/bin/tsc'), ...options, 'types.ts')).toBe('');
    });
  }

  it('trains, saves and resumes on a page bundled by esbuild', async () => {
    buildSync({entryPoints: [join(project.folder, 'page.mjs')], bundle: true, minify: true, format: 'esm', outfile: join(project.folder, 'out/page.js'), logLevel: 'error'});
    expect(await visit(chrome, project.folder, MODULE_PAGE('out/page.js'))).toEqual(EXPECTED);
  });

  it('trains, saves and resumes on a page built by Vite', async () => {
    const {folder} = project;
    const page = MODULE_PAGE('page.mjs');
    writeFileSync(join(folder, 'index.html'), page);
    const outDir = join(folder, 'vite');
    await build({root: folder, logLevel: 'error', build: {outDir}});
    expect(await visit(chrome, outDir, readFileSync(join(outDir, 'index.html')))).toEqual(EXPECTED);
  });

  it('trains, saves and resumes in a web worker', async () => {
    buildSync({entryPoints: [join(project.folder, 'worker.mjs')], bundle: true, minify: true, format: 'iife', outfile: join(project.folder, 'out/worker.js'), logLevel: 'error'});
    expect(await visit(chrome, project.folder, WORKER_PAGE)).toEqual(EXPECTED);
  });

  it('trains, saves and resumes on a page of script tags', async () => {
    expect(await visit(chrome, project.folder, SCRIPT_PAGE)).toEqual(EXPECTED);
  });
});
