// `npm test`: see HELP in support/settings.mjs.
import karma from 'karma';
import Jasmine from 'jasmine';

import {karmaOptions} from '../karma.conf.js';
import {bundleForNode} from './support/bundle.mjs';
import {HELP, settingsFromArguments} from './support/settings.mjs';

const NOTHING = {passed: 0, failed: 0};

async function runKarma(pass, settings) {
  const options = await karmaOptions(pass, settings);
  if (!options) return NOTHING;
  const config = await karma.config.parseConfig(null, options, {promiseConfig: true, throwErrors: true});
  return new Promise((resolve) => {
    let results = {};
    const server = new karma.Server(config, () => {
      const {success: passed = 0, failed = 0, error = true} = results;
      // A browser that crashed, or a bundle that threw, fails no spec by itself.
      resolve({passed, failed: error && failed === 0 ? 1 : failed});
    });
    server.on('run_complete', (_, found) => { results = found; });
    server.start();
  });
}

async function runNode(settings) {
  const {bundle} = await bundleForNode(settings);
  if (!bundle) return NOTHING;
  const counts = {passed: 0, failed: 0};
  const jasmine = new Jasmine({projectBaseDir: process.cwd()});
  jasmine.exitOnCompletion = false;
  jasmine.randomizeTests(false);
  jasmine.jasmine.DEFAULT_TIMEOUT_INTERVAL = 120_000;
  jasmine.addReporter({
    specDone({status, failedExpectations, fullName}) {
      if (status === 'passed') counts.passed++;
      if (status === 'failed') counts.failed++;
      if (settings.verbose && status === 'passed') console.log(fullName);
      if (status === 'failed') console.log(`FAILED ${fullName}\n${failedExpectations.map(({message}) => message).join('\n')}`);
    },
  });
  const {overallStatus, incompleteReason} = await jasmine.execute([bundle], settings.grep || undefined);
  const broken = overallStatus === 'failed' && counts.failed === 0;
  if (overallStatus === 'incomplete') console.log(incompleteReason);
  return broken ? {...counts, failed: 1} : counts;
}

const settings = settingsFromArguments(process.argv.slice(2));
if (settings.help) {
  console.log(HELP);
  process.exit(0);
}
const total = {...NOTHING};
for (const pass of settings.passes) {
  console.log(`\n== ${pass} ==`);
  const {passed, failed} = pass === 'node' ? await runNode(settings) : await runKarma(pass, settings);
  total.passed += passed;
  total.failed += failed;
}
console.log(`\n${total.passed} passed, ${total.failed} failed`);
process.exit(total.failed > 0 || total.passed === 0 ? 1 : 0);
