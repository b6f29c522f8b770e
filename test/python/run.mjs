// `npm run test:python [-- --file TEXT --grep REGEXP --times --verbose]`: the specs in test/python/, which compare with
// PyTorch, fastai and Keras.
import {runOneSuite} from '../runner/one_suite.mjs';
import {pythonEnvironment} from './environment.mjs';

await runOneSuite('python', ['wasm'], {
  whyMissing: () => {
    const {python, missing} = pythonEnvironment();
    if (missing === undefined) process.env.TFJS_OPTIM_PYTHON = python;
    return missing;
  },
});
