import {getKernel, type KernelConfig, registerKernel, unregisterKernel, version_core} from '@tensorflow/tfjs-core';

import {checkOptions, checkSwitch} from '../util/options';
import {registerOnce} from '../util/register_once';
import {chooseRelaxedSimd, usesRelaxedSimd} from '../wasm/relaxed_simd';
import {isKnownFaulty} from './faulty_versions';
import {kernelFunction} from './kernel';
import {registerTrainingGradients} from './register_gradients';
import {TRAINING_KERNELS, type TrainingKernelRow} from './training_kernels';

/** The options of `registerWasmTraining`. */
export interface WasmTrainingOptions {
  /**
   * Whether matrix products and the gradients of convolutions use relaxed SIMD where the engine has it. Then sum + x·y
   * is one instruction. It is faster, and rounds once instead of twice on processors that have such an instruction. So
   * last bits differ from machine to machine and from browser to browser; without it, they do not. With or without it,
   * a sum of n products differs from the exact one by at most n · 2^-24 · Σ|x·y|, to first order. Default: as chosen
   * before, at first false.
   */
  readonly relaxedSimd?: boolean;
}

/** What `registerWasmTraining` did. */
export interface WasmTrainingReport {
  /** Kernels that tfjs's WASM backend lacked. */
  readonly added: readonly string[];
  /** Kernels of tfjs that ours replaced, because ours are faster or correct. */
  readonly replaced: readonly string[];
  /** Kernels that stayed tfjs's own, because this version of tfjs has them and no fault in them is known. */
  readonly kept: readonly string[];
  /** Operations whose gradients our functions compute on this backend. */
  readonly gradients: readonly string[];
  /** True while tfjs's WASM backend is not imported. Then everything is registered when it starts. */
  readonly pending: boolean;
  /**
   * Whether products use relaxed SIMD: it was chosen, and the engine has it. In tfjs's build without vectors they do
   * not use it.
   */
  readonly relaxedSimd: boolean;
}

type Outcome = 'added' | 'replaced' | 'kept';

const BACKEND = 'wasm';

/** A kernel that nothing calls. Its setup runs when the backend starts, and by then tfjs has registered its own. */
const AT_START = 'TfjsOptimWasmTraining';

// A mark on functions of ours, which a second copy of this module (ESM beside UMD) recognizes too.
const OURS = Symbol.for('tfjs-optim/wasm-training');

function isOurs({kernelFunc}: KernelConfig): boolean {
  return OURS in kernelFunc;
}

function find(name: string): KernelConfig | undefined {
  return getKernel(name, BACKEND);
}

/**
 * Registers the gradient kernels that tfjs lacks on the backend `wasm`, and replaces those that are slow or wrong in
 * this version of tfjs. It may be called more than once, before or after `tf.setBackend('wasm')`, and before
 * tfjs-backend-wasm is imported.
 * @throws for unknown options, and where `relaxedSimd` is neither true nor false. Then nothing changes.
 * @example
 * ```ts
 * import {registerWasmTraining} from 'tfjs-optim/wasm-training';
 *
 * registerWasmTraining();
 * await tf.setBackend('wasm');
 * ```
 */
export function registerWasmTraining(options: WasmTrainingOptions = {}, ...more: undefined[]): WasmTrainingReport {
  checkOptions('registerWasmTraining', options, {relaxedSimd: true}, more);
  const {relaxedSimd} = options;
  if (relaxedSimd !== undefined) {
    checkSwitch('relaxedSimd', relaxedSimd);
    chooseRelaxedSimd(relaxedSimd);
  }
  const isStockThere = find('Identity') !== undefined;
  registerOnce({
    kernelName: AT_START,
    backendName: BACKEND,
    kernelFunc: () => [],
    setupFunc: () => {
      registerAll();
    },
  });
  if (isStockThere) return registerAll();
  return {added: [], replaced: [], kept: [], gradients: [], pending: true, relaxedSimd: usesRelaxedSimd()};
}

function registerAll(): WasmTrainingReport {
  const report: Record<Outcome, string[]> = {added: [], replaced: [], kept: []};
  for (const row of TRAINING_KERNELS) report[register(row)].push(row.name);
  return {
    ...report,
    gradients: registerTrainingGradients(BACKEND),
    pending: false,
    relaxedSimd: usesRelaxedSimd(),
  };
}

function register({name, kernel, fault}: TrainingKernelRow): Outcome {
  const there = find(name);
  if (there === undefined) {
    registerKernel(ours(name, kernel, undefined));
    return 'added';
  }
  if (isOurs(there)) return fault === 'missing' ? 'added' : 'replaced';
  if (fault === 'missing' || !isKnownFaulty(version_core)) return 'kept';
  unregisterKernel(name, BACKEND);
  registerKernel(ours(name, kernel, there));
  return 'replaced';
}

/**
 * The configuration of our kernel. It keeps the setup of tfjs's own kernel, because ours calls that kernel where it is
 * the faster one.
 */
function ours(name: string, kernel: TrainingKernelRow['kernel'], stock: KernelConfig | undefined): KernelConfig {
  const kernelFunc = Object.assign(kernelFunction(name, kernel, stock), {[OURS]: true});
  return {
    kernelName: name,
    backendName: BACKEND,
    kernelFunc,
    setupFunc: stock?.setupFunc,
    disposeFunc: stock?.disposeFunc,
  };
}
