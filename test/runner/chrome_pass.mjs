// Runs a pass of specs in headless Chrome, with karma.
import {dirname} from 'node:path';
import {fileURLToPath} from 'node:url';

import karma from 'karma';
import karmaChromeLauncher from 'karma-chrome-launcher';
import karmaJasmine from 'karma-jasmine';
import karmaSourcemapLoader from 'karma-sourcemap-loader';

import {chromeFlags} from '../support/chrome_flags.mjs';
import {chromeEnvironment} from '../support/find_chrome.mjs';
import {bundleFor, wasmFolder} from './bundle.mjs';
import {cpuSeconds} from './cpu_time.mjs';
import {nodeProcesses} from './node_pass.mjs';
import {isPart} from './settings.mjs';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

const CHROME_FLAGS = [
  ...chromeFlags(),
  // karma-chrome-launcher has a fixed port, which two runs at the same time cannot share.
  '--remote-debugging-port=0',
];

// tfjs's threaded WASM build needs shared memory, which only cross-origin isolated pages have.
const ISOLATION_HEADERS = ['Cross-Origin-Opener-Policy:same-origin', 'Cross-Origin-Embedder-Policy:require-corp']
  .map(header => header.split(':'))
  .map(([name, value]) => ({match: '.*', name, value}));

/** Runs the pass and reports each spec to `progress`. @returns the coverage, if it is measured. */
export async function runInChrome(pass, settings, progress) {
  const bundle = await bundleFor(pass, settings);
  if (bundle === undefined) return undefined;
  progress.say(pass, 'starts');
  pass.cpuSeconds = () => cpuSeconds(pid => !nodeProcesses.has(pid));
  Object.assign(process.env, chromeEnvironment());
  const config = await karma.config.parseConfig(null, options(bundle, settings, pass), {
    promiseConfig: true,
    throwErrors: true,
  });
  let coverage;
  let broken;
  return new Promise(resolve => {
    const server = new karma.Server(config, () => {
      progress.suiteEnded(pass);
      if (broken !== undefined) progress.broken(pass, broken);
      resolve(coverage);
    });
    server.on('spec_complete', (_, {suite, description, skipped, success, log, time}) => {
      if (!skipped) progress.specEnded(pass, [...suite, description], success ? [] : log, time);
    });
    server.on('browser_log', (_, log) => {
      if (settings.verbose) console.log(log);
    });
    server.on('browser_error', (_, error) => {
      broken = typeof error === 'string' ? error : JSON.stringify(error);
    });
    server.on('browser_complete', (_, result) => {
      coverage = result?.coverage;
      progress.suiteEnded(pass);
    });
    server.on('run_complete', (_, {error, failed, success, disconnected}) => {
      if (disconnected || (error && failed === 0))
        broken ??= disconnected ? 'Chrome disconnected.' : 'the page failed outside of a spec.';
      if (success + failed === 0 && !isPart(settings)) broken ??= 'no spec ran.';
    });
    server.start();
  });
}

function options(bundle, settings, {suite}) {
  const wasm = wasmFolder();
  return {
    basePath: root,
    plugins: [karmaChromeLauncher, karmaJasmine, karmaSourcemapLoader],
    frameworks: ['jasmine'],
    files: [
      {pattern: bundle, watched: false},
      {pattern: `${wasm}/*.wasm`, included: false, watched: false},
    ],
    proxies: {'/wasm/': `/absolute${wasm}/`},
    preprocessors: {[bundle]: ['sourcemap']},
    reporters: [],
    customLaunchers: {HeadlessChrome: {base: 'ChromeHeadless', flags: CHROME_FLAGS}},
    browsers: ['HeadlessChrome'],
    customHeaders: settings.threads || suite === 'isolated' ? ISOLATION_HEADERS : [],
    client: {
      // karma-jasmine takes a text between slashes as a regular expression, and every other text as it is.
      args: settings.grep ? ['--grep', `/${settings.grep}/`] : [],
      captureConsole: settings.verbose,
      jasmine: {random: false, timeoutInterval: 120_000},
    },
    captureTimeout: 120_000,
    // While a spec compiles hundreds of programs in software, the page answers no ping.
    pingTimeout: 120_000,
    browserDisconnectTimeout: 120_000,
    browserNoActivityTimeout: 300_000 * settings.compositions,
    failOnEmptyTestSuite: false,
    singleRun: true,
    autoWatch: false,
    logLevel: 'WARN',
  };
}
