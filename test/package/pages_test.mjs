import {readFileSync} from 'node:fs';
import {join} from 'node:path';

import {blocksOf, pagesOf} from '../support/doc_pages.mjs';
import {project, root} from './consumer.mjs';
import {browser, visit} from './page.mjs';

/** The address of a package on the CDN, with or without a version. */
const ON_CDN = /https:\/\/cdn\.jsdelivr\.net\/npm\/((?:@[^/]+\/)?[^/@]+)(?:@[^/]+)?\//g;
const written = pagesOf(root)
  .flatMap(page => blocksOf(readFileSync(join(root, page), 'utf8'), page))
  .filter(({language, where}) => language === 'html' && where === 'browser');

/** The page with the installed packages instead of those on the CDN. Its last script sets `result` at its end. */
function installed(html) {
  const found = html
    .replace(ON_CDN, '/node_modules/$1/')
    .replace(/<\/script>\s*$/, "globalThis.result = 'finished';\n</script>");
  if (found.includes('https:') || !found.includes('globalThis.result'))
    throw new Error(`The page must get all its scripts from the CDN; it does not:\n${html}`);
  return found;
}

describe('The documentation', () => {
  let chrome;
  beforeAll(async () => {
    chrome = await browser();
  });
  afterAll(async () => {
    await chrome.close();
  });

  it('has pages of script tags', () => {
    expect(written.length).toBeGreaterThan(0);
  });

  for (const {name, code} of written) {
    it(`has a page of script tags that trains: ${name}`, async () => {
      expect(await visit(chrome, project.folder, installed(code))).toBe('finished');
    });
  }
});
