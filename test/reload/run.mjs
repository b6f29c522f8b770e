// node test/reload/run.mjs BACKEND WAY: trains in a page of headless Chrome, once in one go, and once with a reload in
// the middle. Prints both as JSON.
import {readFile} from 'node:fs/promises';
import {createServer} from 'node:http';
import {createRequire} from 'node:module';
import {basename, dirname, join} from 'node:path';
import {fileURLToPath} from 'node:url';

import {build} from 'esbuild';

import {browser} from '../package/page.mjs';

const [backend, way] = process.argv.slice(2);
const place = `indexeddb://reload-${way}`;
const {
  outputFiles: [{text: script}],
} = await build({
  entryPoints: [join(dirname(fileURLToPath(import.meta.url)), 'page.ts')],
  bundle: true,
  write: false,
  format: 'iife',
  platform: 'browser',
  target: 'es2022',
  logLevel: 'warning',
});
const binaries = join(
  dirname(createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm/package.json')),
  'wasm-out',
);
const server = createServer((request, response) => {
  const {pathname} = new URL(request.url, 'http://localhost');
  const [type, body] =
    pathname === '/page.js'
      ? ['text/javascript', Promise.resolve(script)]
      : pathname.startsWith('/wasm/')
        ? ['application/wasm', readFile(join(binaries, basename(pathname)))]
        : [
            'text/html',
            Promise.resolve('<!doctype html><link rel="icon" href="data:,"><script src="/page.js"></script>'),
          ];
  body.then(
    content => {
      response.writeHead(200, {'content-type': type}).end(content);
    },
    () => {
      response.writeHead(404).end();
    },
  );
});
await new Promise(resolve => {
  server.listen(0, '127.0.0.1', resolve);
});
const chrome = await browser();
try {
  const page = await chrome.newPage();
  const call = (name, ...args) => page.evaluate(([of, given]) => globalThis[of](...given), [name, args]);
  await page.goto(`http://127.0.0.1:${server.address().port}/`);
  await call('start', backend);
  const whole = await call('uninterrupted', way);
  await call('firstHalf', way, place);
  const before = await page.evaluate(() => globalThis.stepsSoFar);
  await page.reload();
  await call('start', backend);
  const left = await page.evaluate(() => globalThis.stepsSoFar.length);
  const resumed = await call('secondHalf', way, place);
  console.log(JSON.stringify({whole, resumed, before, left}));
} finally {
  await chrome.close();
  server.close();
}
