// Follows pages from empty folders: runs their commands and writes their files as they are. Only these things are
// replaced: the name tfjs-optim in `npm install` by the packed package, and the CDN by the same files. Commands of
// Python are left out: `npm run test:python` runs that code.
import {spawn} from 'node:child_process';
import {mkdirSync, readFileSync, writeFileSync} from 'node:fs';
import {basename, join} from 'node:path';
import {pathToFileURL} from 'node:url';
import {stripVTControlCharacters} from 'node:util';

import {blocksOf} from '../support/doc_pages.mjs';
import {environment, root, run, scratch, tarball} from './pack.mjs';
import {browser} from './page.mjs';

const START = 'docs/getting_started.md';
const WORKER = 'docs/guide_worker.md';
const THREADS = 'docs/wasm_threads.md';
const TORCH = 'docs/guide_pytorch.md';
const PLOTS = 'docs/plots.md';
/** Commands that serve a page until they are stopped. */
const VITE = ['npx vite', 'npx vite preview'];
const SERVERS = [...VITE, 'node server.mjs'];
/** How long a server may take until it prints its address. */
const START_MS = 30_000;
/** What a newcomer waits for. */
const LOSSES = /^loss (\d+\.\d\d) → (\d+\.\d\d)$/m;
/** Where the files of the CDN are here. */
const CDN = {
  'https://cdn.jsdelivr.net/npm/@tensorflow/tfjs@4.22.0/': join(root, 'node_modules/@tensorflow/tfjs'),
  'https://cdn.jsdelivr.net/npm/tfjs-optim/': root,
};

function expectFallen(text) {
  const losses = LOSSES.exec(text);
  if (losses === null) throw new Error(`The losses must be in the text. It is:\n${text}`);
  const [, first, last] = losses.map(Number);
  expect(first).toBeGreaterThan(0.7);
  expect(last).toBeLessThan(first / 2);
}

/** What is on the page when it has trained, and what the browser's console warned of. */
async function shownBy(chrome, address) {
  const page = await chrome.newPage();
  const warnings = [];
  page.on('pageerror', error => warnings.push(String(error)));
  page.on('console', message => {
    // The software renderer of the tests warns that it is slow.
    if (['warning', 'error'].includes(message.type()) && !message.text().startsWith('[.WebGL'))
      warnings.push(`${message.text()} ${message.location().url}`);
  });
  await page.route(/^https:/, (route, request) => {
    const [start, folder] = Object.entries(CDN).find(([each]) => request.url().startsWith(each)) ?? [];
    return start === undefined
      ? route.abort()
      : route.fulfill({path: join(folder, request.url().slice(start.length))});
  });
  try {
    await page.goto(address);
    await page.waitForFunction(
      pattern => new RegExp(pattern, 'm').test(globalThis.document.body.innerText),
      LOSSES.source,
      {timeout: 60_000},
    );
    return {text: await page.innerText('body'), warnings};
  } catch (error) {
    throw new Error([error.message, await page.innerText('body'), ...warnings].join('\n'), {cause: error});
  } finally {
    await page.close();
  }
}

/** Runs a command until it has printed an address, and ends it after `act` with this address. */
async function served(cwd, command, act) {
  // A process group of its own: npx starts vite as another process.
  const server = spawn('sh', ['-c', command], {
    cwd,
    env: environment,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let out = '';
  let limit;
  try {
    const address = await new Promise((resolve, reject) => {
      const read = data => {
        out += data;
        // Vite prints the port in bold where CI or FORCE_COLOR is set.
        const [found] = /http:\/\/localhost:\d+\//.exec(stripVTControlCharacters(out)) ?? [];
        if (found !== undefined) resolve(found);
      };
      server.stdout.on('data', read);
      server.stderr.on('data', read);
      server.on('exit', code => {
        reject(new Error(`${command} ended with ${code}:\n${out}`));
      });
      limit = setTimeout(() => {
        reject(new Error(`${command} printed no address in ${START_MS / 1000} s. It printed:\n${out}`));
      }, START_MS);
    });
    return await act(address);
  } finally {
    clearTimeout(limit);
    if (server.exitCode === null) process.kill(-server.pid);
  }
}

/**
 * Does what a page says, or a section of it. @returns its folder, what its commands printed, and what its pages showed.
 */
async function followed(chrome, page, section) {
  const blocks = blocksOf(readFileSync(join(root, page), 'utf8'), page).filter(
    ({heading}) => section === undefined || heading === section,
  );
  let folder = join(scratch, `newcomer ${basename(page)} ${section ?? ''}`);
  const printed = [];
  const shown = [];
  mkdirSync(folder);
  for (const {language, file, code} of blocks) {
    if (file !== undefined) writeFileSync(join(folder, file), code);
    if (language !== 'sh') continue;
    for (const line of code.trim().split('\n')) {
      const [program, argument] = line.split(' ');
      if (['pip', 'python'].includes(program)) continue;
      else if (program === 'cd') folder = join(folder, argument);
      else if (SERVERS.includes(line)) shown.push(await served(folder, line, address => shownBy(chrome, address)));
      else
        printed.push(
          await run(folder, 'sh', '-c', line.replace(/^npm install tfjs-optim\b/, `npm install '${tarball}'`)),
        );
    }
  }
  return {folder, printed: printed.join(''), shown};
}

describe('A newcomer who follows a page', () => {
  let chrome;
  beforeAll(async () => {
    chrome = await browser();
  });
  afterAll(async () => {
    await chrome.close();
  });

  it('trains on a page with Vite, while developing and when it is built', async () => {
    const {shown} = await followed(chrome, START, 'With a bundler');
    expect(shown.length).toBe(VITE.length);
    for (const {text, warnings} of shown) {
      expectFallen(text);
      expect(warnings).toEqual([]);
    }
  });

  it('trains on a page of script tags, opened from disk', async () => {
    const {folder} = await followed(chrome, START, 'From a CDN script tag');
    const {text, warnings} = await shownBy(chrome, pathToFileURL(join(folder, 'index.html')).href);
    expectFallen(text);
    expect(warnings).toEqual([]);
  });

  it('trains in Node, saves, and goes on', async () => {
    const {printed} = await followed(chrome, START, 'In Node');
    expectFallen(printed);
    const [, percent] = /is the largest: (\d+) %$/m.exec(printed) ?? [];
    expect(Number(percent)).toBeGreaterThan(50);
  });

  it('trains in a worker with Vite, while developing and when it is built', async () => {
    const {shown} = await followed(chrome, WORKER);
    expect(shown.length).toBe(VITE.length);
    for (const {text, warnings} of shown) {
      expectFallen(text);
      expect(warnings).toEqual([]);
    }
  });

  it('trains with threads, from Vite and from a server of its own', async () => {
    const {shown} = await followed(chrome, THREADS);
    expect(shown.length).toBe(SERVERS.length);
    for (const {text, warnings} of shown) {
      expect(text).toContain('threads: 2');
      expectFallen(text);
      expect(warnings).toEqual([]);
    }
  });

  it('draws the losses in Node', async () => {
    const {folder} = await followed(chrome, PLOTS, 'In Node');
    const page = await chrome.newPage();
    await page.goto(pathToFileURL(join(folder, 'loss.svg')).href);
    expect(await page.locator('[aria-label="line"] path').count()).toBe(2);
    expect(await page.locator('[aria-label="legend"] text').allTextContents()).toEqual([
      'loss, training',
      'loss, validation',
    ]);
    await page.close();
  });

  it('writes a file for PyTorch, and reads one', async () => {
    const {printed} = await followed(chrome, TORCH);
    expectFallen(printed);
    // Without the steps of PyTorch.
    expect(printed).toContain('160 steps so far');
    const [, percent] = /is the largest: (\d+) %$/m.exec(printed) ?? [];
    expect(Number(percent)).toBeGreaterThan(50);
  });
});
