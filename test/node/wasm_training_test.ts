// Each case runs in a process of its own, because kernels stay registered.
import {execFileSync} from 'node:child_process';
import {mkdirSync, mkdtempSync, rmSync} from 'node:fs';
import {join} from 'node:path';
import {pathToFileURL} from 'node:url';

import {buildSync} from 'esbuild';

import {isKnownFaulty} from '../../src/wasm_training/faulty_versions';
import {TRAINING_GRADIENTS} from '../../src/wasm_training/training_gradients';
import {TRAINING_KERNELS} from '../../src/wasm_training/training_kernels';
import {relaxedSimdFlags} from '../support/relaxed_simd_flags.mjs';

/** The steps of a process, in any order. */
const STEPS = {
  ours: 'ours = await import(process.argv[1]); first ??= ours.registerWasmTraining();',
  relaxed: 'first = ours.registerWasmTraining({relaxedSimd: true});',
  simdOnly: 'WebAssembly.validate = () => false;',
  tfjs: "await import('@tensorflow/tfjs');",
  backend: "await import('@tensorflow/tfjs-backend-wasm');",
  set: "await tf.setBackend('wasm');",
  restart:
    "const factory = tf.findBackendFactory('wasm'); tf.removeBackend('wasm'); " +
    "tf.registerBackend('wasm', factory); await tf.setBackend('wasm');",
  own:
    "tf.registerKernel({kernelName: 'Conv2DBackpropFilter', backendName: 'wasm', " +
    "kernelFunc: () => { throw new Error('a kernel of a later tfjs'); }});",
  cpu: "await import('@tensorflow/tfjs-backend-cpu'); await tf.setBackend('cpu');",
} as const;

type Step = keyof typeof STEPS;

const PROLOGUE = `const warnings = []; console.warn = message => { warnings.push(message); };
  const tf = await import('@tensorflow/tfjs-core'); let ours; let first;
  const functions = () => Object.fromEntries([
    ...tf.getKernelsForBackend('wasm').map(kernel => [kernel.kernelName, kernel.kernelFunc]),
    ...['FusedBatchNorm', 'Mean', 'Sum', 'Tile'].map(name =>
      ['gradient of ' + name, tf.getGradient(name)?.gradFunc])]);`;
const EPILOGUE = `const before = functions(); const last = ours.registerWasmTraining(); const after = functions();
  const x = tf.tensor2d([[1, 2, 3], [4, 5, 6]]);
  console.log(JSON.stringify({first, last, warnings: warnings.filter(one => one.includes('already registered')),
    changed: Object.keys(after).filter(name => after[name] !== before[name]),
    product: [...tf.matMul(x, x, true, false).dataSync()], backend: tf.getBackend()}));`;

describe('Registering wasm-training', () => {
  let folder: string;
  let bundle: string;

  beforeAll(() => {
    const cache = join(process.cwd(), 'node_modules', '.cache', 'tfjs-optim');
    mkdirSync(cache, {recursive: true});
    folder = mkdtempSync(join(cache, 'wasm-training-'));
    bundle = join(folder, 'wasm_training.mjs');
    buildSync({
      entryPoints: ['src/wasm_training/index.ts'],
      bundle: true,
      format: 'esm',
      platform: 'node',
      packages: 'external',
      outfile: bundle,
    });
  });
  afterAll(() => {
    rmSync(folder, {recursive: true});
  });

  function outcome(...steps: readonly Step[]): unknown {
    const script = [PROLOGUE, ...steps.map(step => STEPS[step]), EPILOGUE].join('\n');
    return JSON.parse(
      execFileSync(
        process.execPath,
        [...relaxedSimdFlags, '--input-type=module', '--eval', script, pathToFileURL(bundle).href],
        {
          cwd: folder,
          encoding: 'utf8',
        },
      ),
    );
  }

  const names = (isMissing: boolean): string[] =>
    TRAINING_KERNELS.filter(({fault}) => (fault === 'missing') === isMissing).map(({name}) => name);
  const everything = {
    added: names(true),
    replaced: names(false),
    kept: [],
    gradients: Object.keys(TRAINING_GRADIENTS),
    pending: false,
    relaxedSimd: false,
  };
  const waiting = {added: [], replaced: [], kept: [], gradients: [], pending: true, relaxedSimd: false};
  const same = {warnings: [], changed: [], product: [17, 22, 27, 22, 29, 36, 27, 36, 45]};

  const orders: ReadonlyArray<{steps: readonly Step[]; pending: boolean}> = [
    {steps: ['ours', 'tfjs', 'backend', 'set'], pending: true},
    {steps: ['ours', 'ours', 'backend', 'tfjs', 'set', 'restart'], pending: true},
    {steps: ['tfjs', 'backend', 'ours', 'set'], pending: false},
    {steps: ['tfjs', 'backend', 'set', 'ours'], pending: false},
    {steps: ['tfjs', 'backend', 'set', 'ours', 'restart', 'ours'], pending: false},
  ];
  for (const {steps, pending} of orders) {
    it(`works in the order ${steps.join(', ')}, and once`, () => {
      const first = pending ? waiting : everything;
      expect(outcome(...steps)).toEqual({...same, first, last: everything, backend: 'wasm'});
    });
  }

  it('does not replace a kernel that tfjs has itself', () => {
    const kept = {
      ...everything,
      added: everything.added.filter(name => name !== 'Conv2DBackpropFilter'),
      kept: ['Conv2DBackpropFilter'],
    };
    expect(outcome('tfjs', 'backend', 'own', 'set', 'ours')).toEqual({
      ...same,
      first: kept,
      last: kept,
      backend: 'wasm',
    });
  });

  it('says that it waits until tfjs-backend-wasm is imported', () => {
    expect(outcome('cpu', 'ours')).toEqual({...same, first: waiting, last: waiting, backend: 'cpu'});
  });

  it('uses relaxed SIMD where it is chosen and the engine has it', () => {
    const using = {...everything, relaxedSimd: true};
    const relaxed = {...same, first: using, last: using, backend: 'wasm'};
    expect(outcome('tfjs', 'backend', 'set', 'ours', 'relaxed')).toEqual(relaxed);
    expect(outcome('ours', 'relaxed', 'backend', 'tfjs', 'set')).toEqual({
      ...relaxed,
      first: {...waiting, relaxedSimd: true},
    });
    expect(outcome('tfjs', 'backend', 'set', 'simdOnly', 'ours', 'relaxed')).toEqual({
      ...relaxed,
      first: everything,
      last: everything,
    });
  });

  for (const [version, isFaulty] of [
    ['4.0.0', true],
    ['4.22.0', true],
    ['4.22.1', true],
    ['4.23.0', false],
    ['5.0.0', false],
    ['3.21.0', false],
  ] as const) {
    it(`${isFaulty ? 'replaces' : 'keeps'} the slow kernels of tfjs ${version}`, () => {
      expect(isKnownFaulty(version)).toBe(isFaulty);
    });
  }
});
