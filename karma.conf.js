import {dirname} from 'node:path';
import {fileURLToPath} from 'node:url';

import karmaChromeLauncher from 'karma-chrome-launcher';
import karmaJasmine from 'karma-jasmine';
import karmaSourcemapLoader from 'karma-sourcemap-loader';
import karmaSpecReporter from 'karma-spec-reporter';

import {bundleForBrowser} from './test/support/bundle.mjs';
import {chromeFlags} from './test/support/chrome_flags.mjs';
import {chromeEnvironment} from './test/support/find_chrome.mjs';
import {settingsFromEnvironment} from './test/support/settings.mjs';

const root = dirname(fileURLToPath(import.meta.url));

const CHROME_FLAGS = [
  ...chromeFlags(),
  // karma-chrome-launcher's fixed port would be fought over by runs at the same time.
  '--remote-debugging-port=0',
];

// Shared memory, and with it tfjs's threaded WASM build, exists on cross-origin isolated pages only.
const ISOLATION_HEADERS = ['Cross-Origin-Opener-Policy:same-origin', 'Cross-Origin-Embedder-Policy:require-corp']
  .map((header) => header.split(':'))
  .map(([name, value]) => ({match: '.*', name, value}));

/** karma's settings for one pass, `specs` or `core_specs`; undefined where no spec file was asked for. */
export async function karmaOptions(pass, settings) {
  const {bundle, wasmFolder} = await bundleForBrowser(pass, settings);
  if (!bundle) return undefined;
  Object.assign(process.env, chromeEnvironment());
  return {
    basePath: root,
    plugins: [karmaChromeLauncher, karmaJasmine, karmaSourcemapLoader, karmaSpecReporter],
    frameworks: ['jasmine'],
    files: [
      {pattern: bundle, watched: false},
      {pattern: `${wasmFolder}/*.wasm`, included: false, watched: false},
    ],
    proxies: {'/wasm/': `/absolute${wasmFolder}/`},
    preprocessors: {[bundle]: ['sourcemap']},
    reporters: ['spec'],
    specReporter: {suppressPassed: !settings.verbose, suppressSkipped: true, suppressErrorSummary: true},
    customLaunchers: {HeadlessChrome: {base: 'ChromeHeadless', flags: CHROME_FLAGS}},
    browsers: ['HeadlessChrome'],
    customHeaders: settings.threads ? ISOLATION_HEADERS : [],
    client: {
      args: settings.grep ? ['--grep', settings.grep] : [],
      jasmine: {random: false, timeoutInterval: 120_000},
    },
    captureTimeout: 120_000,
    browserNoActivityTimeout: 300_000 * settings.compositions,
    failOnEmptyTestSuite: true,
    singleRun: true,
    autoWatch: false,
    logLevel: 'WARN',
  };
}

/** `npx karma start` runs the package's own specs; `npm test` runs everything. */
export default async function configure(config) {
  config.set(await karmaOptions('specs', settingsFromEnvironment()));
}
