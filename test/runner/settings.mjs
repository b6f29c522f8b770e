// What a test run is asked to do: from the command line (`npm test -- …`) or from the environment.
import {parseArgs} from 'node:util';

export const HELP = `npm test [-- options]

Runs, in Chrome and in Node side by side, and ends with one line "N passed, N failed" over all of them:
  specs    test/**/*_test.ts: on webgl and webgpu in headless Chrome, on cpu and wasm in Node;
           those in test/page/ need a page and run in Chrome on every backend, those in test/node/ run in Node
  core     the optimizer specs of tfjs-core (test/core_specs): on webgl in Chrome, on cpu and wasm in Node
  kernels  the specs of tfjs-core for operations, on wasm with src/wasm_training/, in Node

  --quick           only the specs in Node that take a moment: under a minute, no browser
  --browser         only in Chrome, on every backend
  --node            only in Node
  --specs --core --kernels   only these
  --file TEXT       only spec files whose path contains TEXT
  --grep REGEXP     only specs whose full name matches REGEXP         (or TEST_GREP)
  --backends A,B    of cpu, webgl, wasm, webgpu; or webgl1: all that runs on webgl, on WebGL 1   (or TEST_BACKENDS)
  --compositions N  N times as many random compositions of callbacks, others each time   (or TEST_COMPOSITIONS)
  --threads         in Chrome on cross-origin isolated pages: threaded WASM  (or TEST_THREADS=1)
  --coverage        write which lines of src/ ran to out/coverage (npm run coverage)
  --verbose         name the passed specs, and show what specs print
  --help

The browser: CHROME_BIN, else an installed Chrome or Chromium, else (Linux x64) the one in @sparticuz/chromium.
`;

const ALL = ['cpu', 'webgl', 'wasm', 'webgpu', 'webgl1'];
const DEFAULT = ['cpu', 'webgl', 'wasm', 'webgpu'];
/** The backends of TensorFlow.js that need no page. */
const IN_NODE = ['cpu', 'wasm'];
const SUITES = ['specs', 'core', 'kernels'];

/**
 * One process of specs: where, what, and on which backends.
 * @typedef {{place: 'chrome' | 'node', suite: string, backends: string[], pageBackends: string[]}} Pass
 */

/** What is asked for. Passes of the two places run side by side, those of one place one after another. */
export function settingsFromArguments(args) {
  const flag = {type: 'boolean', default: false};
  const text = {type: 'string'};
  const {values} = parseArgs({
    args,
    options: {
      quick: flag,
      browser: flag,
      node: flag,
      specs: flag,
      core: flag,
      kernels: flag,
      file: text,
      grep: text,
      backends: text,
      compositions: text,
      threads: flag,
      coverage: flag,
      verbose: flag,
      help: flag,
    },
  });
  const {TEST_GREP = '', TEST_BACKENDS = '', TEST_THREADS = '', TEST_COMPOSITIONS = '1'} = process.env;
  const asked = values.backends ?? TEST_BACKENDS;
  const settings = {
    help: values.help,
    quick: values.quick,
    file: values.file ?? '',
    grep: values.grep ?? TEST_GREP,
    backends: asked ? asked.split(',') : DEFAULT,
    compositions: Number(values.compositions ?? TEST_COMPOSITIONS),
    threads: values.threads || TEST_THREADS === '1',
    coverage: values.coverage,
    verbose: values.verbose,
  };
  for (const name of settings.backends)
    if (!ALL.includes(name)) throw new Error(`Unknown backend "${name}"; it must be one of ${ALL.join(', ')}.`);
  if (!(settings.compositions >= 1))
    throw new Error(`--compositions must be a number from 1; got ${values.compositions}.`);
  return {...settings, passes: passesOf(settings, values)};
}

function passesOf({backends, threads, quick}, values) {
  const suites = SUITES.filter(name => values[name]).length > 0 ? SUITES.filter(name => values[name]) : SUITES;
  const inNode = backends.filter(name => IN_NODE.includes(name));
  // Threads are there on isolated pages only.
  const only = values.browser || threads;
  const inChrome = only ? backends : backends.filter(name => !IN_NODE.includes(name));
  const chrome = suites.flatMap(suite => {
    const own = suite === 'kernels' ? inChrome.filter(name => name === 'wasm') : inChrome;
    const pageBackends = suite === 'specs' ? backends : [];
    return own.length + pageBackends.length > 0 ? [{place: 'chrome', suite, backends: own, pageBackends}] : [];
  });
  const node = suites.flatMap(suite => {
    const own = suite === 'kernels' ? inNode.filter(name => name === 'wasm') : inNode;
    return own.length > 0 ? [{place: 'node', suite, backends: own, pageBackends: []}] : [];
  });
  return [...(quick || (values.node && !only) ? [] : chrome), ...(only && !values.node ? [] : node)];
}
