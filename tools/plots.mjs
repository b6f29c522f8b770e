// `npm run plots`: draws the pictures of docs/plots.md from docs/data/plots.json, the file training.json of
// examples/charts.ts. With `--check`, fails where they are something else.
import {readFileSync} from 'node:fs';

import {picturesOf} from '../examples/charts/pictures.ts';
import {writeGenerated} from './generated.mjs';

const recorded = JSON.parse(readFileSync('docs/data/plots.json', 'utf8'));
writeGenerated(new Map([...picturesOf(recorded)].map(([file, text]) => [`docs/${file}`, text])), 'npm run plots');
