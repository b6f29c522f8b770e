// Runs the specs of one bundle with jasmine, and sends the results to the parent process.
import {pathToFileURL} from 'node:url';

import Jasmine from 'jasmine';

const {bundle, wasmFolder, grep, isPart, skip, mayLackGpu} = JSON.parse(process.argv[2]);
// test/support/wasm_in_node.ts looks for TensorFlow.js's binaries there.
process.env.TFJS_WASM_FOLDER = wasmFolder;

const jasmine = new Jasmine({projectBaseDir: process.cwd()});
jasmine.exitOnCompletion = false;
jasmine.randomizeTests(false);
jasmine.jasmine.DEFAULT_TIMEOUT_INTERVAL = 120_000;
jasmine.clearReporters();

const suites = [];
jasmine.addReporter({
  suiteStarted({description}) {
    suites.push(description);
  },
  suiteDone({failedExpectations}) {
    const path = [...suites];
    suites.pop();
    if (failedExpectations.length > 0) tell({type: 'ended', path, messages: failedExpectations.map(shown)});
  },
  specStarted({description}) {
    tell({type: 'started', path: [...suites, description]});
  },
  specDone({description, status, pendingReason, failedExpectations, duration}) {
    if (status === 'pending') tell({type: 'skipped', path: [...suites, description], reason: pendingReason});
    if (status === 'passed' || status === 'failed')
      tell({type: 'ended', path: [...suites, description], messages: failedExpectations.map(shown), ms: duration});
  },
});

const shown = ({message, stack}) => (stack ? `${message}\n${stack}` : message);
const tell = message => process.send(message);
/** The names of all specs of a suite: those of the suites around each, and its own. */
const pathsIn = ({children}, above) =>
  children.flatMap(child =>
    child.children === undefined ? [[...above, child.description]] : pathsIn(child, [...above, child.description]),
  );

const loaded = await import(pathToFileURL(bundle).href);
/** Starts the graphics card of a pass that runs on one. @returns why that failed; undefined if it did not fail. */
async function whyNoGpu() {
  try {
    await loaded.startWebGPU?.();
    return undefined;
  } catch (error) {
    if (!mayLackGpu) throw error;
    return error.message;
  }
}

const reason = await whyNoGpu();
if (reason !== undefined) tell({type: 'lacking', reason});
// The exports of a CommonJS bundle may be in `default` only.
await (loaded.loadSpecs ?? loaded.default.loadSpecs)();
if (skip || reason !== undefined) {
  const all = pathsIn(jasmine.env.topSuite(), []);
  for (const path of all.filter(path => new RegExp(grep).test(path.join(' '))))
    tell({type: 'skipped', path, reason: ''});
  process.send({type: 'done'}, () => process.exit(0));
  await new Promise(() => {});
}
const {overallStatus, incompleteReason, failedExpectations = []} = await jasmine.execute([], grep || undefined);
const broken =
  failedExpectations.length > 0
    ? failedExpectations.map(shown).join('\n')
    : overallStatus === 'incomplete' && !isPart
      ? incompleteReason
      : undefined;
process.send({type: 'done', broken, coverage: globalThis.__coverage__}, () => process.exit(0));
