import {spawnSync} from 'node:child_process';
import {join} from 'node:path';
import {publint} from 'publint';
import {root, tarball} from './consumer.mjs';

/** What a tool of the project prints; each says what is wrong. */
function printed(file, ...args) {
  return spawnSync(process.execPath, [join(root, 'node_modules', file), ...args], {cwd: root, encoding: 'utf8'}).stdout;
}

describe('The packed package', () => {
  it('has nothing for publint to object to', async () => {
    const {messages} = await publint({pkgDir: root, strict: true});
    expect(messages).toEqual([]);
  });

  it('has types that resolve everywhere (attw)', () => {
    expect(printed('@arethetypeswrong/cli/dist/index.js', tarball, '--format', 'ascii')).toContain('No problems found');
  });

  it('is as small as it is meant to be (size-limit)', () => {
    const sizes = JSON.parse(printed('size-limit/bin.js', '--json'));
    for (const {name, size, sizeLimit} of sizes) expect(size).withContext(name).toBeLessThanOrEqual(sizeLimit);
    expect(sizes.length).toBeGreaterThan(0);
  });
});
