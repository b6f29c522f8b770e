// Bundles a program for the browser and opens it as a page of headless Chrome.
import {readFile} from 'node:fs/promises';
import {createServer} from 'node:http';
import {createRequire} from 'node:module';
import {basename, dirname, join} from 'node:path';

import {build} from 'esbuild';

import {launchChrome} from '../../test/support/chrome.mjs';

const WASM = dirname(createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm/package.json'));
const ISOLATION = {
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-embedder-policy': 'require-corp',
};

/**
 * The page finds TensorFlow.js's binaries in /wasm/.
 * @param {string} entry the file of the program.
 * @param {{gpu?: boolean}} rendering as for `launchChrome`.
 * @param {{isolated?: boolean}} server isolated: whether the page is cross-origin isolated.
 * @returns the page, Chrome's version, and what closes both.
 */
export async function openPage(entry, rendering, {isolated = false} = {}) {
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
  const headers = isolated ? ISOLATION : {};
  const server = createServer((request, response) => {
    const {pathname} = new URL(request.url, 'http://localhost');
    if (pathname.startsWith('/wasm/')) {
      readFile(join(WASM, 'wasm-out', basename(pathname))).then(
        binary => response.writeHead(200, {...headers, 'content-type': 'application/wasm'}).end(binary),
        () => response.writeHead(404).end(),
      );
      return;
    }
    const isScript = pathname === '/page.js';
    response
      .writeHead(200, {...headers, 'content-type': isScript ? 'text/javascript' : 'text/html'})
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
