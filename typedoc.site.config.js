// The documentation as part of the site that `npm run site` builds: with a link to the playground on each page.
import {mkdirSync, readFileSync, writeFileSync} from 'node:fs';

import {PageEvent} from 'typedoc';

import base from './typedoc.config.js';

/** Where the workflow `site` publishes the site. */
export const ADDRESS = 'https://tfjs-optim.github.io/tfjs-optim/';
/** Stands for the top of the site in links, until it is known how deep the page is. */
const TOP = 'site:';
const BUTTONS = `
<p class="buttons">
  <a class="button" href="${TOP}playground/index.html">Open the playground</a>
  <a class="button" href="../docs/getting_started.md">Get started</a>
</p>
`;

// The landing page is the README. Its first paragraph says what the package is; the buttons follow.
const README = 'out/site_readme.md';
mkdirSync('out', {recursive: true});
const readme = readFileSync(base.readme, 'utf8').replaceAll(ADDRESS, TOP);
const [title, lead, ...rest] = readme.split(/\n\n+/);
writeFileSync(README, [title, lead, BUTTONS.trim(), ...rest].join('\n\n'));

function plugin(app) {
  app.renderer.on(PageEvent.END, page => {
    const up = '../'.repeat(page.url.split('/').length - 1);
    page.contents = page.contents?.replaceAll(`href="${TOP}`, `href="${up}`);
  });
}

export default {
  ...base,
  readme: README,
  plugin: [...base.plugin, plugin],
  out: 'out/site',
  hostedBaseUrl: ADDRESS,
  navigationLinks: {
    Playground: `${TOP}playground/index.html`,
    GitHub: 'https://github.com/tfjs-optim/tfjs-optim',
  },
};
