// `npm run test:site [-- --file TEXT --grep REGEXP --times --verbose]`: the specs in test/site/, which build the
// documentation's site and the demo and open them in Chrome.
import {runOneSuite} from '../runner/one_suite.mjs';

await runOneSuite('site', ['wasm']);
