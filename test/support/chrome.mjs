import {chromium} from 'playwright-core';

import {chromeFlags} from './chrome_flags.mjs';
import {chromeEnvironment} from './find_chrome.mjs';

/** Starts the browser of the tests for playwright. The caller closes it. */
export async function launchChrome(rendering = {}) {
  const {CHROME_BIN, ...env} = chromeEnvironment();
  return chromium.launch({executablePath: CHROME_BIN, args: chromeFlags(rendering), env: {...process.env, ...env}});
}
