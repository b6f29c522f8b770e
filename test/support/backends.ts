import './stock_kernels';

import {restartWebGL} from './restart';
import {tf} from './tfjs';

export type BackendName = 'cpu' | 'webgl' | 'wasm' | 'webgpu';

/** A backend of the specs; webgl1 is the WebGL backend on WebGL 1. */
export type Place = BackendName | 'webgl1';

const BACKENDS: readonly BackendName[] = ['cpu', 'webgl', 'wasm', 'webgpu'];
export const PLACES: readonly Place[] = [...BACKENDS, 'webgl1'];
const isBrowser = typeof window !== 'undefined';
let available: readonly Place[] = [];

// A browser without WebGPU is common; one without the rest would hide failures, so those fail when they are set.
async function isThere(backend: Place): Promise<boolean> {
  // test/runner/node_process.mjs starts webgpu, or skips its specs.
  if (!isBrowser) return backend === 'cpu' || backend === 'wasm' || backend === 'webgpu';
  if (backend !== 'webgpu') return true;
  return 'gpu' in navigator && (await navigator.gpu.requestAdapter()) !== null;
}

/**
 * Called by the entry of each bundle before specs are declared: these may run on those of the backends that are there.
 */
export async function findBackends(asked: readonly string[]): Promise<void> {
  const found = await Promise.all(PLACES.map(async name => asked.includes(name) && (await isThere(name))));
  available = PLACES.filter((_, i) => found[i]);
  // In Node, the first tensor on cpu warns that tfjs-node is faster. Specs that watch the warnings must not see it.
  if (!isBrowser && (await tf.setBackend('cpu'))) tf.scalar(0).dispose();
  if (isBrowser && asked.includes('webgpu') && !available.includes('webgpu')) {
    console.warn('SKIPPED: all specs on webgpu, which has no adapter here.');
  }
}

/**
 * Declares the specs of `body` once per backend that is asked for and there; by default webgl in Chrome, and cpu,
 * wasm and webgpu in Node. Software WebGPU is slow: suites that are not tiny narrow `on`. What runs on WebGL runs on
 * WebGL 1 too where `on` or the command line says so.
 */
export function describeBackends(
  name: string,
  body: (backend: BackendName, place: Place) => void,
  on: readonly Place[] = BACKENDS,
): void {
  for (const place of PLACES) {
    const backend = place === 'webgl1' ? 'webgl' : place;
    const isAsked = available.includes(place);
    const isMeant = on.includes(place);
    if (!(isAsked ? isMeant || on.includes(backend) : isMeant && available.includes(backend))) continue;
    describe(`${name} [${place}]`, () => {
      if (place === 'webgl1') onWebGL1();
      beforeAll(async () => {
        if (!(await tf.setBackend(backend))) throw new Error(`The backend ${backend} did not start.`);
        await tf.ready();
      });
      body(backend, place);
    });
  }
}

function onWebGL1(): void {
  let restore = (): Promise<void> => Promise.resolve();
  beforeAll(async () => {
    restore = await restartWebGL({WEBGL_VERSION: 1});
  });
  afterAll(() => restore());
}
