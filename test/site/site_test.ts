import {mkdir, mkdtemp, readdir, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {dirname, join} from 'node:path';

import axe from 'axe-core';
import type {Browser, BrowserContextOptions, Page} from 'playwright-core';

import {problemsIn} from '../../tools/site/links.mjs';
import {launchChrome} from '../support/chrome.mjs';
import {runCommand} from '../support/run_command';
import {serveFolder, type StaticServer} from '../support/static_server';

/** TypeDoc, with all the types of the package, and vite: on a busy machine they take minutes. */
const BUILD = 900_000;
const PAGES = ['index.html', 'documents/Schedules_and_training.html', 'variables/tfjs-optim.lion.html'];
const SIZES: Readonly<Record<string, BrowserContextOptions>> = {
  'at a desk': {viewport: {width: 1280, height: 800}},
  'on a phone': {viewport: {width: 390, height: 844}, isMobile: true, hasTouch: true},
};

describe('The site', () => {
  let folder: string;
  let server: StaticServer;
  let browser: Browser;
  let page: Page;
  let requested: string[];
  const open = async (path: string, options: BrowserContextOptions = {}) => {
    const context = await browser.newContext(options);
    page = await context.newPage();
    requested = [];
    page.on('request', request => requested.push(request.url()));
    const answer = await page.goto(server.url + path);
    expect(answer?.status()).withContext(path).toBe(200);
  };

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tfjs-optim-site-'));
    const {code, stderr, stdout} = await runCommand(process.execPath, 'tools/site.mjs', '--out', folder);
    expect(code)
      .withContext(stdout + stderr)
      .toBe(0);
    server = await serveFolder(folder, '/some/where/');
    browser = await launchChrome();
  }, BUILD);
  afterEach(async () => {
    expect(requested.filter(url => !/^(data|blob):/.test(url) && !url.startsWith(server.url))).toEqual([]);
    await page.context().close();
  });
  afterAll(async () => {
    await browser.close();
    server.close();
    await rm(folder, {recursive: true});
  });

  for (const path of PAGES)
    for (const [size, options] of Object.entries(SIZES))
      for (const colorScheme of ['light', 'dark'] as const)
        it(`breaks no rule of axe ${size}, ${colorScheme}: ${path}`, async () => {
          await open(path, {...options, colorScheme});
          await page.locator('#tsd-nav-container li').first().waitFor({state: 'attached'});
          await page.addScriptTag({content: axe.source});
          const {violations} = await page.evaluate<axe.AxeResults>('axe.run(document)');
          expect(violations.flatMap(({id, nodes}) => nodes.map(node => `${id}: ${node.html}`))).toEqual([]);
          expect(await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth)).toBe(true);
        });

  it('leads from the README to the playground, and back', async () => {
    await open('index.html');
    await page.getByRole('link', {name: 'Open the playground'}).click();
    await page.waitForURL('**/playground/index.html*');
    await page.getByRole('link', {name: 'Docs'}).click();
    await page.waitForURL('**/where/index.html');
    expect(await page.getByRole('heading', {level: 1}).textContent()).toContain('tfjs-optim');
  });

  it('lists the headings of a page in whole', async () => {
    await open('documents/Schedules_and_training.html');
    const listed = await page.locator('.page-menu .tsd-accordion-details a').allTextContents();
    const headings = await page.locator('.col-content :is(h1, h2, h3)').allTextContents();
    expect(listed).toEqual(headings);
    expect(listed.length).toBeGreaterThan(5);
  });

  it('finds exports and pages in the search box', async () => {
    await open('index.html');
    await page.getByRole('button', {name: 'Search'}).click();
    await page.getByRole('combobox', {name: 'Search'}).or(page.locator('#tsd-search-input')).first().fill('lookahead');
    await page.locator('#tsd-search-results a[href*="lookahead"]').first().waitFor();
    await page.locator('#tsd-search-input').fill('Saving and resuming');
    await page.locator('#tsd-search-results a[href*="Saving_and_resuming"]').first().waitFor();
    expect(await page.locator('#tsd-search-results li').count()).toBeGreaterThan(0);
  });

  it('has no broken link, and shows its pictures itself', async () => {
    await open('index.html');
    expect(problemsIn(folder)).toEqual([]);
    expect((await readdir(folder, {recursive: true})).filter(file => file.endsWith('.html')).length).toBeGreaterThan(
      300,
    );
    const widths = await page
      .locator('img')
      .evaluateAll(images => images.map(image => (image instanceof HTMLImageElement ? image.naturalWidth : 0)));
    expect(widths.length).toBeGreaterThan(0);
    expect(widths.filter(width => width === 0)).toEqual([]);
  });
});

describe('The check of links', () => {
  let folder: string;
  const problems = async (files: Readonly<Record<string, string>>) => {
    for (const [file, text] of Object.entries(files)) {
      await mkdir(dirname(join(folder, file)), {recursive: true});
      await writeFile(join(folder, file), text);
    }
    return problemsIn(folder);
  };

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tfjs-optim-links-'));
  });
  afterEach(async () => {
    await rm(folder, {recursive: true});
  });

  it('accepts links to files, folders, anchors, views and other sites', async () => {
    const page = `<a href="sub/page.html#there">1</a> <a href="sub/">2</a> <a href="https://example.com">3</a>
      <a href="#view=digits">4</a> <img src="data:image/png;base64,AA=="> <link rel="canonical" href="https://a.b/">`;
    expect(
      await problems({
        'index.html': page,
        'sub/page.html': '<p id="there"><a href="../index.html">up</a></p>',
        'sub/index.html': '<script>if (1 < 2) document.write("<a href=nowhere>")</script>',
      }),
    ).toEqual([]);
  });

  it('names missing files, missing anchors, and what is loaded from elsewhere', async () => {
    const page = `<a href="gone.html">1</a> <a href="other.html#gone">2</a> <a href="/index.html">3</a>
      <script src="https://cdn.example/a.js"></script> <link rel="stylesheet" href="//cdn.example/a.css">
      <img alt="a > b" src="https://example.com/picture.png">`;
    const css = '@import \'https://fonts.example/a.css\'; p {background: url("none.png")}';
    expect(await problems({'index.html': page, 'other.html': '<p id="there"></p>', 'style.css': css})).toEqual([
      'index.html leads to gone.html, which does not exist',
      'index.html leads to other.html#gone, which has no such anchor',
      'index.html leads to /index.html, which depends on where the site is',
      'index.html loads https://cdn.example/a.js from elsewhere',
      'index.html loads //cdn.example/a.css from elsewhere',
      'index.html loads https://example.com/picture.png from elsewhere',
      'style.css loads https://fonts.example/a.css from elsewhere',
      'style.css leads to none.png, which does not exist',
    ]);
  });
});
