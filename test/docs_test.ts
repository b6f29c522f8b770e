import {blocks} from 'docs:blocks';

import {describeDocs} from './support/doc_specs';

/**
 * The pages of a newcomer, on the backend that a page has at first. The others run in Node (node/docs_test): on WebGL
 * in software, compiling their programs would take a tenth of the time of all specs.
 */
const FIRST_PAGES = ['README.md', 'docs/getting_started.md', 'docs/saving_and_resuming.md'];
describeDocs(
  'webgl',
  blocks.filter(({name, where}) => where === 'browser' || FIRST_PAGES.some(page => name.startsWith(`${page} `))),
);
// Blocks for the graphics card in Node; elsewhere they have no `run`.
describeDocs(
  'webgpu',
  blocks.filter(({where}) => where === 'gpu'),
);
