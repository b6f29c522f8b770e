// The settings of a test run, from the command line (`npm test -- …`) or from the environment.
import {parseArgs} from 'node:util';

export const HELP = `npm test [-- options]

Runs four suites, in Chrome and in Node at the same time. The last line is "N passed, N failed" over all of them.
  specs    test/**/*_test.ts: on webgl in headless Chrome, and on cpu, wasm and webgpu in Node.
           Those in test/page/ need a page and run in Chrome on every backend. Those in test/node/, and those that
           name no backend, run in Node
  core     the optimizer specs of tfjs-core (test/core_specs): on webgl in Chrome, and on cpu and wasm in Node
  kernels  the specs of tfjs-core for operations, on wasm with src/wasm_training/, in Node
  isolated test/isolated/**/*_test.ts: on wasm with threads, on a cross-origin isolated page in Chrome

  --quick           only the fast specs, on wasm in Node, with fewer optimizers and random compositions: no browser
  --browser         only in Chrome, on every backend, webgpu too
  --node            only in Node
  --specs --core --kernels --isolated   only these suites
  --file TEXT       only spec files whose path contains TEXT; of several --file, one must fit
  --grep REGEXP     only specs whose full name matches REGEXP         (or TEST_GREP)
  --backends A,B    of cpu, webgl, wasm, webgpu; or webgl1, which means webgl on WebGL 1   (or TEST_BACKENDS)
  --compositions N  N times as many random compositions of callbacks, others in each run   (or TEST_COMPOSITIONS)
  --seed TEXT       where specs draw from Math.random, they draw other numbers (default 1)   (or TEST_SEED)
  --threads         only in Chrome, on cross-origin isolated pages, with threaded WASM   (or TEST_THREADS=1)
  --coverage        write a report to out/coverage about the lines of src/ that ran (npm run coverage), also in the
                    specs of npm run test:python; without those that start programs and bundles of their own
  --times           print which suites and specs took longest, and (on Linux) the time of the processor per suite
  --verbose         print the passed specs too, and the output of specs
  --help            print this help

On Linux, webgpu in Node runs on the Vulkan driver in software that comes with Chrome; without one, on the machine's
graphics card. If there is neither, its specs are skipped. The browser is CHROME_BIN, else an installed Chrome or
Chromium, else (Linux x64) the one in @sparticuz/chromium.
`;

const ALL = ['cpu', 'webgl', 'wasm', 'webgpu', 'webgl1'];
const DEFAULT = ['cpu', 'webgl', 'wasm', 'webgpu'];
// The kernels of cpu are made of the same functions.
const QUICK = ['wasm'];
/** The backends that need no page. */
const IN_NODE = ['cpu', 'wasm', 'webgpu'];
const SUITES = ['specs', 'core', 'kernels', 'isolated'];

/** How many processes share the specs in Node, so that both cores have work until the end. */
const SHARES = 4;
/** How many times the usual number of random compositions `--quick` runs. */
const QUICK_COMPOSITIONS = 0.1;

/**
 * A process that runs one suite at one place, on these backends. `pageBackends` are for the specs in test/page/. With
 * `onlyOnBackends`, specs elsewhere that name no backend are left to Node. With `share`, it runs every `of`-th spec
 * file, from file number `first`.
 * @typedef {{
 *   place: 'chrome' | 'node',
 *   suite: string,
 *   backends: string[],
 *   pageBackends: string[],
 *   onlyOnBackends?: boolean,
 *   share?: {first: number, of: number},
 * }} Pass
 * On webgpu in Node, only specs for every backend run.
 */

/**
 * The settings. Two passes run at the same time: one per place, or two in Node where there are none in Chrome.
 */
export function settingsFromArguments(args) {
  const flag = {type: 'boolean', default: false};
  const text = fallback => ({type: 'string', default: fallback});
  const {TEST_GREP = '', TEST_BACKENDS = '', TEST_THREADS = '', TEST_COMPOSITIONS = '', TEST_SEED = '1'} = process.env;
  const {values} = parseArgs({
    args,
    options: {
      quick: flag,
      browser: flag,
      node: flag,
      specs: flag,
      core: flag,
      kernels: flag,
      isolated: flag,
      file: {type: 'string', multiple: true, default: []},
      grep: text(TEST_GREP),
      backends: text(TEST_BACKENDS),
      compositions: text(TEST_COMPOSITIONS),
      seed: text(TEST_SEED),
      threads: flag,
      coverage: flag,
      times: flag,
      verbose: flag,
      help: flag,
    },
  });
  const settings = {
    help: values.help,
    quick: values.quick,
    files: values.file,
    grep: values.grep,
    backends: values.backends ? values.backends.split(',') : values.quick ? QUICK : DEFAULT,
    compositions: compositionsOf(values),
    seed: values.seed,
    threads: values.threads || TEST_THREADS === '1',
    coverage: values.coverage,
    times: values.times,
    verbose: values.verbose,
  };
  for (const name of settings.backends)
    if (!ALL.includes(name)) throw new Error(`Unknown backend '${name}'; it must be one of ${ALL.join(', ')}.`);
  return {...settings, passes: passesOf(settings, values)};
}

/** Whether only some specs were asked for. Then a pass may have none. */
export const isPart = ({files, grep}) => files.length > 0 || grep !== '';

function compositionsOf({compositions, quick}) {
  if (compositions === '') return quick ? QUICK_COMPOSITIONS : 1;
  const times = Number(compositions);
  if (!(times >= 1)) throw new Error(`--compositions must be a number from 1; got '${compositions}'.`);
  return times;
}

function passesOf({backends, threads, quick}, values) {
  const suites = SUITES.filter(name => values[name]).length > 0 ? SUITES.filter(name => values[name]) : SUITES;
  const inNode = backends.filter(name => IN_NODE.includes(name));
  // Only isolated pages have threads.
  const only = values.browser || threads;
  const inChrome = only ? backends : backends.filter(name => !IN_NODE.includes(name));
  const chrome = suites.flatMap(suite => {
    if (suite === 'isolated')
      return backends.includes('wasm') ? [{place: 'chrome', suite, backends: ['wasm'], pageBackends: []}] : [];
    const own = suite === 'kernels' ? inChrome.filter(name => name === 'wasm') : inChrome;
    const pageBackends = suite === 'specs' ? backends : [];
    const onlyOnBackends = !only && inNode.some(name => name !== 'webgpu');
    return own.length + pageBackends.length > 0
      ? [{place: 'chrome', suite, backends: own, pageBackends, onlyOnBackends}]
      : [];
  });
  const node = suites.flatMap(suite => {
    if (suite === 'isolated') return [];
    const own = inNode.filter(name => (suite === 'kernels' ? name === 'wasm' : name !== 'webgpu'));
    return own.length > 0 ? [{place: 'node', suite, backends: own, pageBackends: []}] : [];
  });
  // A driver that fails ends its process, so webgpu has one of its own.
  if (!quick && suites.includes('specs') && inNode.includes('webgpu'))
    node.push({place: 'node', suite: 'specs', backends: ['webgpu'], pageBackends: []});
  const alone = quick || (values.node && !only);
  return [...(alone ? [] : chrome), ...(only && !values.node ? [] : node.flatMap(shared))];
}

/** The passes that share a pass. Only the specs are worth it. */
function shared(pass) {
  return pass.suite === 'specs'
    ? Array.from({length: SHARES}, (_, first) => ({...pass, share: {first, of: SHARES}}))
    : [pass];
}
