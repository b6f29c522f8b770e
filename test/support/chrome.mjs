import {chromium} from 'playwright-core';
import {chromeEnvironment} from './find_chrome.mjs';

// Software rendering, so that WebGL and WebGPU exist on machines without a GPU; the rest keeps the browser off the network.
const FLAGS = [
  '--no-sandbox', '--disable-dev-shm-usage', '--use-angle=swiftshader', '--enable-unsafe-swiftshader', '--enable-unsafe-webgpu',
  '--use-webgpu-adapter=swiftshader', '--disable-quic', '--disable-background-networking', '--disable-component-update', '--disable-sync',
];

/** Starts the browser of the tests for playwright. The caller closes it. */
export async function launchChrome() {
  const {CHROME_BIN, ...env} = chromeEnvironment();
  return chromium.launch({executablePath: CHROME_BIN, args: FLAGS, env: {...process.env, ...env}});
}
