// npm run test:package: the packed package in fresh projects, by jasmine; the last line is "N passed, N failed".
import {dirname, join} from 'node:path';
import {fileURLToPath} from 'node:url';
import Jasmine from 'jasmine';

const jasmine = new Jasmine();
const counts = {passed: 0, failed: 0};
jasmine.exitOnCompletion = false;
jasmine.jasmine.DEFAULT_TIMEOUT_INTERVAL = 120_000;
jasmine.randomizeTests(false);
jasmine.addReporter({specDone: ({status}) => { if (status in counts) counts[status]++; }});
jasmine.addMatchingSpecFiles([join(dirname(fileURLToPath(import.meta.url)), 'package_test.mjs')]);
const {overallStatus} = await jasmine.execute();
console.log(`\n${counts.passed} passed, ${counts.failed} failed`);
process.exitCode = overallStatus === 'passed' ? 0 : 1;
