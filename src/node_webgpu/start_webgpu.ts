import {arch, platform, version} from 'node:process';

import {backend, findBackendFactory, setBackend} from '@tensorflow/tfjs-core';

import {checkSettings} from '../util/settings_check';
import {shown} from '../util/shown';
import {type Adapter, type Gpu, gpuOf, gpuOfModule} from './gpu';
import {imported, reasonOf} from './imported';

/** Options of `startWebGPU`. */
export interface WebGPUOptions {
  /**
   * Flags for Dawn, the implementation of WebGPU in the package `webgpu`. `['adapter=NVIDIA H200']` chooses a card by a
   * part of its name; an unknown name lists the cards. `['backend=vulkan']` chooses the kind of driver. Default none:
   * Dawn chooses the fastest card.
   */
  readonly flags?: readonly string[];
}

/** The graphics card that the backend runs on, as its driver names it. A name that the driver does not tell is `''`. */
export interface GraphicsCard {
  /** The maker, such as `'nvidia'`. */
  readonly vendor: string;
  /** The family, such as `'hopper'`. */
  readonly architecture: string;
  /** The card, such as `'NVIDIA H200'`. Some drivers write a number. */
  readonly device: string;
  /** The driver and its version. */
  readonly description: string;
  /** Whether the processor computes in place of a card. Then the WASM backend is faster. */
  readonly software: boolean;
}

const BACKEND = '@tensorflow/tfjs-backend-webgpu';
const AGAIN = 'Pass the flags in the first call of the process.';

/**
 * Starts TensorFlow.js's WebGPU backend in Node and makes it the current backend. Afterwards, everything runs on the
 * graphics card: models, and the fused steps of this package's optimizers. Nothing else has to be imported.
 *
 * ```ts
 * const {device, software} = await startWebGPU();
 * ```
 * The project needs two packages: `npm install webgpu @tensorflow/tfjs-backend-webgpu`. Where `navigator.gpu` exists
 * already, as in Deno, the package `webgpu` is not used. In Node, this function makes `navigator.gpu` and the globals
 * of WebGPU, such as `GPUBufferUsage`. In Node 20, it makes `navigator` too.
 *
 * It needs TensorFlow.js 4.22 or newer. Read tensors with `await tensor.data()`; `tensor.dataSync()` throws.
 * Don't import `@tensorflow/tfjs-backend-webgpu` before: it registers its backend only where `navigator.gpu` exists.
 * @returns the card.
 * @throws (rejects) if a package is missing or its binary can't be loaded, if there is no card or no driver, if no card
 *   fits `flags`, and if the backend was imported too early. Each error says what to do. The current backend is then as
 *   before; without a card, `navigator` and the globals are too.
 * @example
 * ```ts checked
 * import {startWebGPU} from 'tfjs-optim/node-webgpu';
 *
 * const {vendor, device} = await startWebGPU();
 * ```
 */
export async function startWebGPU(options: WebGPUOptions = {}, ...more: undefined[]): Promise<GraphicsCard> {
  const flags = flagsOf(options, more);
  const before = gpuOf(Reflect.get(globalThis, 'navigator'));
  if (before !== undefined && flags.length > 0)
    throw new Error(`startWebGPU got the flags ${shown(flags)}, but navigator.gpu exists already. ${AGAIN}`);
  const {gpu, publish} = before === undefined ? await gpuInNode(flags) : {gpu: before, publish: () => {}};
  const adapter = await adapterOf(gpu, flags);
  publish();
  await imported(BACKEND, () => import('@tensorflow/tfjs-backend-webgpu'));
  if (!registered())
    throw new Error(
      `${BACKEND} was imported before startWebGPU(), and it registers its backend only where navigator.gpu exists. ` +
        'Remove your import of it: startWebGPU() imports it.',
    );
  if (!(await setBackend('webgpu')))
    throw new Error(
      'The backend webgpu did not start. TensorFlow.js printed the reason above. It must be version 4.22 or newer.',
    );
  explainSyncReads();
  const {vendor, architecture, device, description, isFallbackAdapter} = adapter.info;
  // Dawn's older versions do not tell whether an adapter is one in software.
  return {vendor, architecture, device, description, software: isFallbackAdapter === true};
}

function flagsOf(options: WebGPUOptions, more: readonly unknown[]): string[] {
  checkSettings('startWebGPU(', [options, ...more]);
  const {flags = [], ...unknown}: WebGPUOptions = options;
  const [name] = Object.keys(unknown);
  if (name !== undefined) throw new Error(`startWebGPU has no option '${name}'. Its option is 'flags'.`);
  const given: unknown = flags;
  if (!Array.isArray(given) || !given.every(flag => typeof flag === 'string'))
    throw new Error(`'flags' must be a list of texts, such as ['backend=vulkan']; got ${shown(given)}.`);
  return given;
}

// Older versions of TensorFlow.js return null where there is none.
function registered(): boolean {
  const factory: unknown = findBackendFactory('webgpu');
  return typeof factory === 'function';
}

// TensorFlow.js reads synchronously through a canvas, which Node does not have.
function explainSyncReads(): void {
  const webgpu = backend();
  if (Object.hasOwn(webgpu, 'readSync')) return;
  const readSync = webgpu.readSync.bind(webgpu);
  webgpu.readSync = dataId => {
    try {
      return readSync(dataId);
    } catch (error) {
      if (!(error instanceof ReferenceError)) throw error;
      throw new Error(
        'dataSync(), arraySync() and print() cannot read from the graphics card in Node. ' +
          'Use `await tensor.data()` or `await tensor.array()`.',
        {cause: error},
      );
    }
  };
}

/** The GPU of the package `webgpu`. `publish` makes it the one of `navigator`. */
async function gpuInNode(flags: readonly string[]): Promise<{gpu: Gpu; publish: () => void}> {
  // A variable keeps bundlers from looking into the package: its binary can't be part of a bundle.
  const name = 'webgpu';
  const {create, globals} = gpuOfModule(await imported(name, () => import(name)));
  let gpu: Gpu;
  try {
    gpu = create([...flags]);
  } catch (error) {
    throw notFitting(flags, error);
  }
  const publish = (): void => {
    Object.assign(globalThis, globals);
    const found: unknown = Reflect.get(globalThis, 'navigator');
    if (typeof found === 'object' && found !== null)
      Object.defineProperty(found, 'gpu', {value: gpu, configurable: true, enumerable: true});
    // Libraries that find a navigator read its userAgent. Node 21 and later write it in this way.
    else
      Object.defineProperty(globalThis, 'navigator', {
        value: {gpu, userAgent: `Node.js/${version.slice(1).split('.')[0]}`},
        configurable: true,
        writable: true,
      });
  };
  return {gpu, publish};
}

async function adapterOf(gpu: Gpu, flags: readonly string[]): Promise<Adapter> {
  let adapter: Adapter | null;
  try {
    // TensorFlow.js asks for the same.
    adapter = await gpu.requestAdapter({powerPreference: 'high-performance'});
  } catch (error) {
    throw notFitting(flags, error);
  }
  if (adapter === null) throw new Error(`startWebGPU found no graphics card with a driver. ${driverHelp()}`);
  return adapter;
}

function notFitting(flags: readonly string[], error: unknown): Error {
  return new Error(
    `startWebGPU found no graphics card for the flags ${shown(flags)}. Dawn says:\n${reasonOf(error)}`,
    {cause: error},
  );
}

function driverHelp(): string {
  if (platform !== 'linux')
    return `On ${platform} (${arch}), the system brings the driver. Update the system or the card's driver.`;
  return (
    'On Linux, install the Vulkan loader (Debian and Ubuntu: libvulkan1) and the Vulkan driver of the card (AMD and ' +
    'Intel: mesa-vulkan-drivers; NVIDIA: its own driver). If they are in unusual folders, set LD_LIBRARY_PATH to the ' +
    "folder of libvulkan.so.1, and VK_DRIVER_FILES to the driver's .json file, before Node starts. " +
    '`vulkaninfo --summary` lists the cards that Vulkan finds. In a container, the host must share the card.'
  );
}
