// `npm run test:programs [-- --file TEXT --grep REGEXP --times --verbose]`: the specs in test/programs/, which start
// the examples, the benchmarks and `npm start`, as users do. They also start other programs and pages.
import {runOneSuite} from '../runner/one_suite.mjs';

// The programs need one core each.
await runOneSuite('programs', ['wasm'], {processes: 2});
