import {blocks} from 'docs:blocks';

import {describeDocs} from './support/doc_specs';

describeDocs('webgl', blocks);
// Blocks for the graphics card in Node; elsewhere they have no `run`.
describeDocs(
  'webgpu',
  blocks.filter(({where}) => where === 'gpu'),
);
