// `npm run test:python [-- --file TEXT --grep REGEXP --verbose]`: the specs in test/python/, which compare with
// PyTorch, fastai and Keras. The last line is "N passed, N failed, N skipped".
import {parseArgs} from 'node:util';

import {runInNode} from '../runner/node_pass.mjs';
import {Progress} from '../runner/progress.mjs';
import {pythonEnvironment} from './environment.mjs';

const {values} = parseArgs({
  options: {
    file: {type: 'string', default: ''},
    grep: {type: 'string', default: ''},
    verbose: {type: 'boolean', default: false},
  },
});
const pass = {place: 'node', suite: 'python', backends: ['wasm'], pageBackends: []};
const progress = new Progress(values);

try {
  const {python, missing} = pythonEnvironment();
  if (missing !== undefined) progress.say(pass, `SKIPPED: all specs, because ${missing}`);
  else process.env.TFJS_OPTIM_PYTHON = python;
  await runInNode(pass, {...values, compositions: 1, skip: missing !== undefined}, progress);
} catch (error) {
  progress.broken(pass, error.message);
}
const {passed, failed, skipped} = progress;
if (passed + failed + skipped === 0) progress.broken(pass, 'no spec was found.');
console.log(`\n${passed} passed, ${progress.failed} failed, ${skipped} skipped`);
process.exit(progress.failed > 0 ? 1 : 0);
