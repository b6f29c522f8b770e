import {mkdtemp, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join, relative} from 'node:path';

import {problemsOf} from '../../tools/prose.mjs';
import {PATTERNS} from '../../tools/prose_patterns.mjs';
import {present} from '../support/present';
import {runCommand} from '../support/run_command';

const CHECKER = 'tools/check_prose.mjs';

/** A text that the first pattern finds. It is not written here, so that the checker accepts this file. */
const WRONG = present(PATTERNS[0]?.catches[0]);
const RIGHT = present(PATTERNS[0]?.spares[0]);

/** The lines that are wrong, one number per mistake. */
const linesOf = (file: string, ...lines: readonly string[]) =>
  problemsOf(file, lines.join('\n')).map(({line}) => line);

describe('each pattern of the prose checker', () => {
  for (const {pattern, why, write, catches, spares} of PATTERNS) {
    it(`finds what it has to find, and nothing else: ${pattern.slice(0, 60)}`, () => {
      expect(catches.length).toBeGreaterThan(0);
      for (const text of catches)
        expect(problemsOf('x.ts', text).map(({message}) => message))
          .withContext(text)
          .toContain(jasmine.stringContaining(`': ${why}; write ${write}`));
      expect(spares.length).toBeGreaterThan(0);
      for (const text of spares) expect(problemsOf('x.ts', text)).withContext(text).toEqual([]);
    });
  }
});

describe('the prose checker', () => {
  const [before, after] = [WRONG.slice(0, WRONG.lastIndexOf(' ')), WRONG.slice(WRONG.lastIndexOf(' ') + 1)];

  it('names the line on which a phrase begins', () => {
    expect(linesOf('x.ts', RIGHT, RIGHT, WRONG, RIGHT, WRONG)).toEqual([3, 5]);
  });

  it('reads on where a paragraph, a comment or a string goes on in the next line', () => {
    expect(linesOf('x.md', RIGHT, before, after)).toEqual([2]);
    expect(linesOf('x.md', `> ${before}`, `> ${after}`)).toEqual([1]);
    expect(linesOf('x.ts', '/**', ` * ${before}`, ` * ${after}`, ' */')).toEqual([2]);
    expect(linesOf('x.ts', `// ${before}`, `  // ${after}`)).toEqual([1]);
    expect(linesOf('x.yml', `# ${before}`, `# ${after}`)).toEqual([1]);
    expect(linesOf('x.ts', `  '${before} ' +`, `  '${after}'`)).toEqual([1]);
  });

  it('does not read on from one paragraph, item or row to the next', () => {
    expect(linesOf('x.md', before, '', after)).toEqual([]);
    expect(linesOf('x.md', before, `- ${after}`)).toEqual([]);
    expect(linesOf('x.md', `| ${before}`, `| ${after}`)).toEqual([]);
    expect(linesOf('x.ts', ` * ${before}`, ' *', ` * ${after}`)).toEqual([]);
  });

  it('counts one mistake where the same is wrong with a phrase and with a part of it', () => {
    const whole = present(PATTERNS.flatMap(({catches}) => catches).find(text => /^\d+ MB/.test(text)));
    expect(linesOf('x.ts', whole.replace(/^\d+ /, ''))).toEqual([1]);
    expect(linesOf('x.ts', whole)).toEqual([1]);
  });

  it('limits lines to 120 columns, except rows of tables in Markdown and lines with a URL', () => {
    const long = 'μ'.repeat(121);
    expect(problemsOf('x.ts', `\n${long}`)).toEqual([
      {line: 2, message: 'the line has 121 columns; write at most 120'},
    ]);
    expect(linesOf('x.ts', long.slice(1))).toEqual([]);
    expect(linesOf('x.ts', `| ${long} |`)).toEqual([1]);
    expect(linesOf('x.md', `| ${long} |`)).toEqual([]);
    expect(linesOf('x.ts', `// https://example.com/${long}`)).toEqual([]);
  });
});

describe(`node ${CHECKER}`, () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tfjs-optim-'));
  });
  afterEach(() => rm(folder, {recursive: true}));

  it('names file and line of what is wrong, and exits with 1', async () => {
    const [wrong, right] = [join(folder, 'wrong.md'), join(folder, 'right.md')];
    await writeFile(wrong, `${RIGHT}\n\n${WRONG}\n`);
    await writeFile(right, `${RIGHT}\n`);
    const {code, stdout, stderr} = await runCommand('node', CHECKER, right, wrong);
    expect(stderr).toBe('');
    expect(stdout.split('\n')).toEqual([jasmine.stringMatching(/:3: '.*': .*; write /), '1 problem', '']);
    expect(stdout.slice(0, stdout.indexOf(':'))).toBe(relative('', wrong));
    expect(code).toBe(1);
  });

  it('says nothing of files that are right', async () => {
    const right = join(folder, 'right.md');
    await writeFile(right, `${RIGHT}\n`);
    expect(await runCommand('node', CHECKER, right)).toEqual({code: 0, stdout: '', stderr: ''});
  });

  it('leaves out data, and the list of what is wrong', async () => {
    const files = ['tools/prose_patterns.mjs', 'test/fixtures/adam.json', 'package-lock.json', 'LICENSE'];
    expect(await runCommand('node', CHECKER, ...files)).toEqual({code: 0, stdout: '', stderr: ''});
  });

  it('explains itself, and refuses unknown options and files with exit code 2', async () => {
    const help = await runCommand('node', CHECKER, '--help');
    expect(help.code).toBe(0);
    expect(help.stdout).toContain('tools/prose_patterns.mjs');
    for (const argument of ['--fix', 'no_such_file.ts']) {
      const {code, stderr} = await runCommand('node', CHECKER, argument);
      expect(code).withContext(argument).toBe(2);
      expect(stderr).toContain(argument);
      expect(stderr).toContain('--help');
    }
  });
});
