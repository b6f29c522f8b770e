import {tf} from './tfjs';

export type BackendName = 'cpu' | 'webgl' | 'wasm' | 'webgpu';

const BACKENDS: readonly BackendName[] = ['cpu', 'webgl', 'wasm', 'webgpu'];
const isBrowser = typeof window !== 'undefined';
let available: readonly BackendName[] = [];

// A browser without WebGPU is common; one without the rest would hide failures, so those fail when they are set.
async function isThere(backend: BackendName): Promise<boolean> {
  if (!isBrowser) return backend === 'cpu' || backend === 'wasm';
  if (backend !== 'webgpu') return true;
  return 'gpu' in navigator && (await navigator.gpu.requestAdapter()) !== null;
}

/** Called by the entry of each bundle, before any spec is declared. */
export async function findBackends(): Promise<void> {
  const asked = (process.env.TEST_BACKENDS ?? BACKENDS.join()).split(',');
  const found = await Promise.all(BACKENDS.map(async (name) => asked.includes(name) && await isThere(name)));
  available = BACKENDS.filter((_, i) => found[i]);
  if (isBrowser && asked.includes('webgpu') && !available.includes('webgpu')) {
    console.warn('SKIPPED: all specs on webgpu, which has no adapter here.');
  }
}

/**
 * Declares the specs of `body` once for each backend that is there: cpu, webgl, wasm and webgpu in the browser, cpu and
 * wasm in Node. Software WebGPU is slow: suites that are not tiny narrow `on`.
 */
export function describeBackends(
    name: string, body: (backend: BackendName) => void, on: readonly BackendName[] = BACKENDS): void {
  for (const backend of available.filter((one) => on.includes(one))) {
    describe(`${name} [${backend}]`, () => {
      beforeAll(async () => {
        if (!await tf.setBackend(backend)) throw new Error(`The backend ${backend} did not start.`);
        await tf.ready();
      });
      body(backend);
    });
  }
}
