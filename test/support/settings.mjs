// What a test run is asked to do: from the command line (`npm test -- …`) or from the environment.
import {parseArgs} from 'node:util';

export const HELP = `npm test [-- options]

Runs, in this order, and ends with one line "N passed, N failed" over all of them:
  specs       test/**/*_test.ts in headless Chrome (karma, jasmine), once for each backend
  core specs  tfjs-core's own optimizer specs (test/core_specs) in headless Chrome
  kernel specs  tfjs-core's own specs of operations, on wasm with src/wasm_training/
  node specs  test/node/**/*_test.ts in Node (jasmine)

Without one of the first four options, all four run.
  --browser         the specs in Chrome
  --core            tfjs-core's own optimizer specs in Chrome
  --kernels         tfjs-core's own specs of operations in Chrome
  --node            the specs in Node
  --file TEXT       only spec files whose path contains TEXT
  --grep REGEXP     only specs whose full name matches REGEXP         (or TEST_GREP)
  --backends A,B    of cpu, webgl, wasm, webgpu; or webgl1: all that runs on webgl, on WebGL 1   (or TEST_BACKENDS)
  --compositions N  N times as many random compositions of callbacks, others each time   (or TEST_COMPOSITIONS)
  --threads         serve with cross-origin isolation: threaded WASM  (or TEST_THREADS=1)
  --verbose         name the passed specs too
  --help

The browser: CHROME_BIN, else an installed Chrome or Chromium, else (Linux x64) the one in @sparticuz/chromium.
`;

const BACKENDS = ['cpu', 'webgl', 'wasm', 'webgpu'];
const PLACES = [...BACKENDS, 'webgl1'];

function checked(settings) {
  for (const name of settings.backends) {
    if (!PLACES.includes(name)) throw new Error(`Unknown backend "${name}": one of ${PLACES.join(', ')}.`);
  }
  if (!(settings.compositions >= 1)) throw new Error('--compositions takes a number from 1 on.');
  return settings;
}

const list = (text) => text ? text.split(',') : BACKENDS;

export function settingsFromEnvironment() {
  const {TEST_GREP = '', TEST_BACKENDS = '', TEST_THREADS = '', TEST_COMPOSITIONS = '1'} = process.env;
  return checked({grep: TEST_GREP, backends: list(TEST_BACKENDS), threads: TEST_THREADS === '1', compositions: Number(TEST_COMPOSITIONS), file: '', verbose: false});
}

export function settingsFromArguments(args) {
  const flag = {type: 'boolean', default: false};
  const text = {type: 'string'};
  const options = {browser: flag, core: flag, kernels: flag, node: flag, file: text, grep: text, backends: text, compositions: text, threads: flag, verbose: flag, help: flag};
  const {values} = parseArgs({args, options});
  const base = settingsFromEnvironment();
  const all = !values.browser && !values.core && !values.kernels && !values.node;
  return checked({
    help: values.help,
    passes: [['specs', values.browser], ['core_specs', values.core], ['kernel_specs', values.kernels], ['node', values.node]]
      .flatMap(([name, asked]) => all || asked ? [name] : []),
    file: values.file ?? base.file,
    grep: values.grep ?? base.grep,
    backends: values.backends ? list(values.backends) : base.backends,
    compositions: values.compositions ? Number(values.compositions) : base.compositions,
    threads: values.threads || base.threads,
    verbose: values.verbose,
  });
}
