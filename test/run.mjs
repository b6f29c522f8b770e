// `npm test`: see HELP in runner/settings.mjs.
import {dirname} from 'node:path';
import {fileURLToPath} from 'node:url';

import {pythonEnvironment} from './python/environment.mjs';
import {runInChrome} from './runner/chrome_pass.mjs';
import {reportCoverage} from './runner/coverage.mjs';
import {runInNode} from './runner/node_pass.mjs';
import {Progress} from './runner/progress.mjs';
import {HELP, settingsFromArguments} from './runner/settings.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const settings = settingsFromArguments(process.argv.slice(2));
if (settings.help) {
  console.log(HELP);
  process.exit(0);
}
const began = Date.now();
const progress = new Progress(settings);

const RUN = {chrome: runInChrome, node: runInNode};

/** Runs passes, one after another, until none is left. */
async function runAll(waiting) {
  const coverage = [];
  for (let pass = waiting.shift(); pass !== undefined; pass = waiting.shift()) {
    try {
      coverage.push(await RUN[pass.place](pass, settings, progress));
    } catch (error) {
      // Only an Error has a stack.
      progress.broken(pass, error.stack ?? String(error));
    }
  }
  return coverage;
}

// Specs in Chrome would disturb each other. In Node, two processes share what is waiting where Chrome leaves a core.
const inChrome = settings.passes.filter(({place}) => place === 'chrome');
const inNode = settings.passes.filter(({place}) => place === 'node');
if (settings.coverage) {
  // Some lines of the interchange run only with files of the real packages.
  const pass = {place: 'node', suite: 'python', backends: ['wasm'], pageBackends: []};
  const {python, missing} = pythonEnvironment();
  if (missing === undefined) {
    process.env.TFJS_OPTIM_PYTHON = python;
    inNode.push(pass);
  } else progress.say(pass, `SKIPPED: all specs, because ${missing}`);
}
const coverage = await Promise.all([
  runAll(inChrome).then(async chrome => [...chrome, ...(await runAll(inNode))]),
  runAll(inNode),
]);
if (settings.coverage) await reportCoverage(root, coverage.flat());
if (settings.times) progress.sayTimes();
const {passed, failed, skipped} = progress;
if (passed + failed + skipped === 0)
  console.log('\nNo spec ran: no spec file or name matches --file and --grep, for these backends and suites.');
progress.sayFailures();
const left = skipped > 0 ? `, ${skipped} skipped` : '';
console.log(`\n${((Date.now() - began) / 1000).toFixed(0)} s\n${passed} passed, ${failed} failed${left}`);
process.exit(failed > 0 || passed === 0 ? 1 : 0);
