// `npm run test:package [-- PATTERN]`: tests the packed package in new projects, with jasmine. PATTERN selects spec
// files. The last line is "N passed, N failed".
import {dirname, join} from 'node:path';
import {fileURLToPath} from 'node:url';

import Jasmine from 'jasmine';

const jasmine = new Jasmine({projectBaseDir: dirname(fileURLToPath(import.meta.url))});
const counts = {passed: 0, failed: 0};
jasmine.exitOnCompletion = false;
jasmine.jasmine.DEFAULT_TIMEOUT_INTERVAL = 120_000;
jasmine.randomizeTests(false);
jasmine.addReporter({
  specDone: ({status}) => {
    if (status in counts) counts[status]++;
  },
});
const [, , pattern = '*_test.mjs'] = process.argv;
jasmine.addMatchingSpecFiles([join('.', pattern)]);
const {overallStatus} = await jasmine.execute();
if (overallStatus !== 'passed' && counts.failed === 0) counts.failed = 1;
console.log(`\n${counts.passed} passed, ${counts.failed} failed`);
// A failed spec may have left a server or a browser open, and Node would wait for it.
process.exit(counts.failed === 0 ? 0 : 1);
