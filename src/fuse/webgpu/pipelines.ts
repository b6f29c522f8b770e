import {memo} from '../../util/memo';
import type {Plan} from '../plan';
import {type Dispatch, dispatchesOf, leastTotals} from '../shader/dispatches';
import {COMPUTE, type GpuDevice, type GpuLayout, type GpuPipeline} from './device';
import {boundNames, dispatchShader, isWritten, type Lanes, lanesOf, WORKGROUP} from './shader';

/** The pipelines of a plan on one device. Freed together with the plan or the device. */
class Pipelines {
  readonly #plan: Plan;
  readonly #device: GpuDevice;
  readonly layout: GpuLayout;
  readonly #made = new Map<string, GpuPipeline>();
  readonly #prepared = new Set<Lanes>();

  constructor(plan: Plan, device: GpuDevice) {
    this.#plan = plan;
    this.#device = device;
    const names = boundNames(plan);
    const most = device.limits.maxStorageBuffersPerShaderStage;
    if (names.length + 1 > most)
      throw new Error(
        `a step needs ${names.length} tensors per parameter; this machine's shaders can bind ${most - 1}`,
      );
    const types = [
      'uniform' as const,
      'storage' as const,
      ...names.map(name => (isWritten(plan, name) ? ('storage' as const) : ('read-only-storage' as const))),
    ];
    this.layout = device.createBindGroupLayout({
      entries: types.map((type, binding) => ({binding, visibility: COMPUTE, buffer: {type}})),
    });
  }

  /** Compiles the shaders of parameters. @param most how many of their elements a thread can compute at once. */
  prepare(most: Lanes): void {
    if (this.#prepared.has(most)) return;
    for (const dispatch of dispatchesOf(this.#plan, leastTotals(this.#plan), WORKGROUP, true))
      this.of(dispatch, lanesOf(dispatch, most));
    this.#prepared.add(most);
  }

  of(dispatch: Dispatch, lanes: Lanes): GpuPipeline {
    const {layout} = this;
    const device = this.#device;
    const plan = this.#plan;
    return memo(this.#made, `${dispatch.name} ${lanes}`, () =>
      device.createComputePipeline({
        layout: device.createPipelineLayout({bindGroupLayouts: [layout]}),
        compute: {
          module: device.createShaderModule({code: dispatchShader(plan, dispatch, lanes)}),
          entryPoint: 'main',
        },
      }),
    );
  }
}

const pipelines = new WeakMap<GpuDevice, WeakMap<Plan, Pipelines>>();

/** @throws where the plan needs more buffers than the device can bind. */
export function pipelinesOf(plan: Plan, device: GpuDevice): Pipelines {
  return memo(
    memo(pipelines, device, () => new WeakMap<Plan, Pipelines>()),
    plan,
    () => new Pipelines(plan, device),
  );
}
