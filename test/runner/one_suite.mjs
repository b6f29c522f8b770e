// Runs one suite of specs in Node, for the commands `npm run test:…`. The last line is "N passed, N failed, N skipped".
import {parseArgs} from 'node:util';

import {runInNode} from './node_pass.mjs';
import {Progress} from './progress.mjs';

/**
 * Runs the specs in `test/SUITE/` and ends the process.
 * @param {string} suite
 * @param {string[]} backends
 * @param {object} how
 * @param {number} [how.processes] how many processes share the spec files.
 * @param {() => string | undefined} [how.whyMissing] prepares the suite. @returns why its specs can't run on this
 * machine; then they are skipped.
 */
export async function runOneSuite(suite, backends, {processes = 1, whyMissing = () => undefined} = {}) {
  const {values} = parseArgs({
    options: {
      file: {type: 'string', multiple: true, default: []},
      grep: {type: 'string', default: ''},
      seed: {type: 'string', default: '1'},
      times: {type: 'boolean', default: false},
      verbose: {type: 'boolean', default: false},
    },
  });
  const pass = {place: 'node', suite, backends, pageBackends: []};
  const passes = Array.from({length: processes}, (_, first) => ({...pass, share: {first, of: processes}}));
  const progress = new Progress(values);
  /** Runs a part, and reports what ends it before its specs could. */
  const reported = async part => {
    try {
      await part();
    } catch (error) {
      progress.broken(pass, error.message);
    }
  };
  await reported(async () => {
    const missing = whyMissing();
    if (missing !== undefined) progress.say(pass, `SKIPPED: all specs, because ${missing}`);
    const settings = {...values, files: values.file, compositions: 1, skip: missing !== undefined};
    await Promise.all(passes.map(one => reported(() => runInNode(one, settings, progress))));
  });
  const {passed, skipped} = progress;
  if (passed + progress.failed + skipped === 0) progress.broken(pass, 'no spec was found.');
  if (values.times) progress.sayTimes();
  progress.sayFailures();
  console.log(`\n${passed} passed, ${progress.failed} failed, ${skipped} skipped`);
  process.exit(progress.failed > 0 ? 1 : 0);
}
