import {mkdtemp, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';

import type {Browser, BrowserContext, BrowserContextOptions} from 'playwright-core';
import {build} from 'vite';

import {launchChrome} from './chrome.mjs';
import {DemoPage} from './demo_page';
import {serveFolder, type StaticServer} from './static_server';

/** What the specs of a `describe` need of the demo. All of its pages are closed after each spec. */
interface DemoSite {
  /** Opens the page, and resolves when the digits view is ready. @param prepare is called before the page loads. */
  open(options?: BrowserContextOptions, prepare?: (context: BrowserContext) => Promise<unknown>): Promise<DemoPage>;
  /** The same page from a server that sends these headers. */
  openWith(headers: Readonly<Record<string, string>>): Promise<DemoPage>;
  /** Opens the landscape with these settings, standing at its start. */
  openLandscape(link: string, options?: BrowserContextOptions): Promise<DemoPage>;
}

/**
 * Builds the demo before the specs of this `describe`, serves it below a path, and starts a browser. After each spec
 * the pages that it opened must have had no problems.
 */
export function demoSite(rendering: {readonly webcam?: boolean} = {}): DemoSite {
  let folder: string;
  let browser: Browser;
  let server: StaticServer;
  const servers: StaticServer[] = [];
  const pages: DemoPage[] = [];
  const serve = async (path: string, headers: Readonly<Record<string, string>> = {}) => {
    const added = await serveFolder(folder, path, headers);
    servers.push(added);
    return added;
  };
  const opened = async (opening: Promise<DemoPage>) => {
    const page = await opening;
    pages.push(page);
    return page;
  };
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tfjs-optim-demo-'));
    await build({configFile: 'demo/vite.config.js', logLevel: 'warn', build: {outDir: folder}});
    server = await serve('/some/where/');
    browser = await launchChrome(rendering);
  });
  afterEach(async () => {
    for (const page of pages.splice(0)) {
      expect(page.problems).toEqual([]);
      await page.close();
    }
  });
  afterAll(async () => {
    await browser.close();
    servers.forEach(each => {
      each.close();
    });
    await rm(folder, {recursive: true});
  });
  return {
    open: (options, prepare) => opened(DemoPage.open(browser, server.url, options, prepare)),
    openWith: async headers => opened(DemoPage.open(browser, (await serve('/', headers)).url)),
    openLandscape: (link, options) => opened(DemoPage.openLandscape(browser, server.url, link, options)),
  };
}
