// Bundles a program for the browser and opens it as a page of headless Chrome.
import {createServer} from 'node:http';

import {build} from 'esbuild';

import {launchChrome} from '../../test/support/chrome.mjs';

/**
 * @param {string} entry the file of the program.
 * @param {{gpu?: boolean}} rendering as for `launchChrome`.
 * @returns the page, Chrome's version, and what closes both.
 */
export async function openPage(entry, rendering) {
  const {
    outputFiles: [{text: script}],
  } = await build({
    entryPoints: [entry],
    bundle: true,
    write: false,
    format: 'iife',
    platform: 'browser',
    target: 'es2022',
    logLevel: 'warning',
  });
  const server = createServer((request, response) => {
    const isScript = request.url === '/page.js';
    response
      .writeHead(200, {'content-type': isScript ? 'text/javascript' : 'text/html'})
      .end(isScript ? script : '<!doctype html><script src="/page.js"></script>');
  });
  await new Promise(resolve => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const chrome = await launchChrome(rendering);
  const page = await chrome.newPage();
  return {
    page,
    version: chrome.version(),
    open: () => page.goto(`http://127.0.0.1:${server.address().port}/`, {timeout: 120_000}),
    close: async () => {
      await chrome.close();
      server.close();
    },
  };
}
