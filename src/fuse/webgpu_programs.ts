import type {Plan} from './plan';
import {bindLayout, type GpuDevice, type GpuLayout, type GpuPipeline, pipeline} from './webgpu_device';
import {afterShader, boundNames, FOLD_SHADER, reduceShader, writeShader} from './webgpu_shader';

/** The pipelines of a pass; those that have nothing to do are absent. */
export interface PassPipelines {
  readonly reduce: GpuPipeline | undefined;
  readonly after: GpuPipeline | undefined;
  readonly write: GpuPipeline | undefined;
}

export interface PlanPipelines {
  readonly layout: GpuLayout;
  readonly passes: readonly PassPipelines[];
}

/** The pipelines on one device. They are kept for as long as it lives: a structure seen before is never compiled again. */
export class Pipelines {
  readonly fold: GpuPipeline;
  readonly foldLayout: GpuLayout;
  private readonly ofPlans = new Map<string, PlanPipelines>();

  constructor(private readonly device: GpuDevice) {
    this.foldLayout = bindLayout(device, ['storage', undefined, 'uniform']);
    this.fold = pipeline(device, this.foldLayout, FOLD_SHADER);
  }

  /** @throws where the plan takes more buffers than the device can bind. */
  of(plan: Plan): PlanPipelines {
    let found = this.ofPlans.get(plan.key);
    if (found === undefined) {
      found = this.compiled(plan);
      this.ofPlans.set(plan.key, found);
    }
    return found;
  }

  private compiled(plan: Plan): PlanPipelines {
    const {device} = this;
    const names = boundNames(plan);
    const most = device.limits.maxStorageBuffersPerShaderStage;
    if (names.length + 1 > most) throw new Error(`a step uses ${names.length} tensors of each parameter, and this machine's shaders can bind ${most - 1}`);
    const written = new Set(plan.outputs.map(({name}) => name));
    const layout = bindLayout(device, ['storage', 'uniform', 'uniform', ...names.map(name => written.has(name) ? 'storage' as const : 'read-only-storage' as const)]);
    const hasTerms = plan.graph.terms.length > 0;
    return {
      layout,
      passes: plan.passes.map(({reductions, writes, after}, k) => ({
        reduce: reductions.length > 0 ? pipeline(device, layout, reduceShader(plan, k)) : undefined,
        after: hasTerms || after.writes.length > 0 ? pipeline(device, layout, afterShader(plan, k)) : undefined,
        write: writes.length > 0 ? pipeline(device, layout, writeShader(plan, writes)) : undefined,
      })),
    };
  }
}
