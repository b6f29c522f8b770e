import {blocks} from 'docs:blocks';

import {describeDocs} from './support/doc_specs';

describeDocs('webgl', blocks);
