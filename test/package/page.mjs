// Runs pages and workers of a consumer in a real browser.
import {readFile} from 'node:fs/promises';
import {createServer} from 'node:http';
import {extname, join} from 'node:path';
export {launchChrome as browser} from '../support/chrome.mjs';

const TYPES = {'.html': 'text/html', '.js': 'text/javascript', '.mjs': 'text/javascript'};

/** Serves `folder`, opens the page `html` in it, and waits for the page's global `result`. @returns its value. */
export async function visit(chrome, folder, html) {
  const server = createServer((request, response) => {
    const path = new URL(request.url, 'http://localhost').pathname;
    const body = path === '/' ? Promise.resolve(html) : readFile(join(folder, path));
    body.then(
      content => {
        response
          // Files of other types, such as .wasm, are plain bytes.
          .writeHead(200, {
            'content-type': TYPES[path === '/' ? '.html' : extname(path)] ?? 'application/octet-stream',
          })
          .end(content);
      },
      () => {
        response.writeHead(404).end();
      },
    );
  });
  await new Promise(resolve => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const page = await chrome.newPage();
  try {
    const failed = new Promise((_, reject) => {
      page.on('pageerror', reject);
    });
    await page.goto(`http://127.0.0.1:${server.address().port}/`);
    const result = page
      .waitForFunction(() => 'result' in globalThis)
      .then(() => page.evaluate(() => globalThis.result));
    return await Promise.race([result, failed]);
  } finally {
    await page.close();
    server.close();
  }
}
