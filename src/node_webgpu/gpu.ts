/** The part of `navigator.gpu` that is used here. TypeScript's own libraries do not have it yet. */
export interface Gpu {
  requestAdapter(options: {powerPreference: 'high-performance'}): Promise<Adapter | null>;
}

export interface Adapter {
  readonly info: {
    readonly vendor: string;
    readonly architecture: string;
    readonly device: string;
    readonly description: string;
    readonly isFallbackAdapter?: boolean;
  };
}

/** What the package `webgpu` exports. */
interface GpuModule {
  readonly create: (flags: string[]) => Gpu;
  readonly globals: object;
}

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;
const isGpu = (value: unknown): value is Gpu =>
  isObject(value) && 'requestAdapter' in value && typeof value.requestAdapter === 'function';
const isModule = (value: unknown): value is GpuModule =>
  isObject(value) &&
  'create' in value &&
  typeof value.create === 'function' &&
  'globals' in value &&
  isObject(value.globals);

/** The GPU of a navigator; undefined if it has none, or if there is no navigator. */
export function gpuOf(navigator: unknown): Gpu | undefined {
  return isObject(navigator) && 'gpu' in navigator && isGpu(navigator.gpu) ? navigator.gpu : undefined;
}

/** The exports of the package `webgpu`. @throws if they are others. */
export function gpuOfModule(module: unknown): GpuModule {
  if (!isModule(module))
    throw new Error(
      "The package 'webgpu' must export `create` and `globals`; the installed version exports others. " +
        'Install a newer one: npm install webgpu@latest',
    );
  return module;
}
