// `npm run bench:wasm-training`: compares tfjs's own kernels with ours in the same run. `-- --help` lists the options.
// See docs/wasm_training.md.
import '@tensorflow/tfjs-backend-wasm';

import * as tf from '@tensorflow/tfjs';

import {adam} from '../../src/index';
import {commandLine} from '../command_line';
import {Machine} from '../machine';
import {progress, progressEnded} from '../progress';
import {compared, type Measured, measurementOf, summary, timeOf} from './measure';
import {MLP, MNIST_CONV_NET, MOBILE_NET, RES_NET_20} from './models';
import {Network} from './networks';
import {compareRelaxedSimd, type RelaxedSimdRow} from './relaxed_simd';
import {ms, print, type Verdict, verdict} from './table';
import {Kernels} from './variants';

const HELP = `npm run bench:wasm-training [-- SECTIONS] [options]

Measures the kernels of tfjs-optim/wasm-training. tfjs's own kernels and ours take turns. Milliseconds are medians, with
the first and third quartile. The sections are mlp, backward, mnist, matMul and relaxedSimd; a part of a name is
enough. Without SECTIONS, all of them run. relaxedSimd runs ours without and with relaxed SIMD in turn. It counts the
processor's time, so that other programs count less, and compares turns of the same round.

  --quick       a quarter of the rounds, and matrices of at most 512·512
  --out FILE    the JSON file for the figures (default bench/results/wasm_training.json)
  --help        print this help
`;
const {quick, option, words} = commandLine(HELP, ['out']);
const DIGITS = 8000;
/** The largest size for tfjs's own kernel. Above it, its naive loop takes seconds per product. */
const LARGEST_STOCK = 512;
const SIZES = [32, 64, 128, 256, 512, 1024, 2048].filter(size => !quick || size <= LARGEST_STOCK);

const rounds = (most: number): number => (quick ? Math.ceil(most / 4) : most);
const ratio = (a: Measured, b: Measured): number => a.median / b.median;
const isAsked = (name: string): boolean => words.every(wanted => name.includes(wanted));

function matMul(kernels: Kernels): Verdict[] {
  const rows = SIZES.map(size => {
    const [a, b] = [tf.randomNormal([size, size]), tf.randomNormal([size, size])];
    const times = Math.max(1, Math.round(256 ** 3 / size ** 3));
    const run = (variant: 'stock' | 'ours', transposeA: boolean, transposeB: boolean) => (): number => {
      kernels.use(variant);
      return (
        timeOf(() => {
          for (let i = 0; i < times; i++) tf.matMul(a, b, transposeA, transposeB).dispose();
        }) / times
      );
    };
    const contestants: Record<string, () => number> = {
      'a·b': run('ours', false, false),
      'aᵀ·b': run('ours', true, false),
      'a·bᵀ': run('ours', false, true),
      'aᵀ·bᵀ': run('ours', true, true),
    };
    if (size <= LARGEST_STOCK) contestants['stock aᵀ·b'] = run('stock', true, false);
    const found = compared(contestants, rounds(size > 1000 ? 5 : 15));
    tf.dispose([a, b]);
    return {
      size,
      found,
      worst: Math.max(
        ...['aᵀ·b', 'a·bᵀ', 'aᵀ·bᵀ'].map(name => ratio(measurementOf(found, name), measurementOf(found, 'a·b'))),
      ),
    };
  });
  print(
    'matMul, square, ms',
    rows.map(({size, found, worst}) => ({
      size: String(size),
      ...Object.fromEntries([...found].map(([name, measured]) => [name, ms(measured)])),
      'slowest / a·b': worst.toFixed(2),
    })),
  );
  return [
    verdict(
      'matMul with a transposed operand / without, slowest of all sizes',
      Math.max(...rows.map(({worst}) => worst)),
      {most: 1.5},
    ),
  ];
}

function mlp(kernels: Kernels): Verdict[] {
  const network = new Network(MLP);
  const [theirs, our] = [tf.train.adam(1e-3), adam(1e-3)];
  const found = compared(
    {
      'stock, tf.train.adam': () => {
        kernels.use('stock');
        return network.step(theirs);
      },
      'ours, tf.train.adam': () => {
        kernels.use('ours');
        return network.step(theirs);
      },
      'ours, our adam': () => {
        kernels.use('ours');
        return network.step(our);
      },
    },
    rounds(15),
  );
  network.dispose();
  theirs.dispose();
  our.dispose();
  print(
    `Whole step of ${MLP.name}, batch ${MLP.batch}, ms`,
    [...found].map(([name, measured]) => ({kernels: name, step: ms(measured)})),
  );
  return [
    verdict(
      'MLP step: stock / ours',
      ratio(measurementOf(found, 'stock, tf.train.adam'), measurementOf(found, 'ours, our adam')),
      {least: 6},
    ),
  ];
}

function backward(kernels: Kernels): Verdict[] {
  return [RES_NET_20, MOBILE_NET].flatMap(model => {
    const network = new Network(model);
    const variants = ['filled in', 'ours'] as const;
    const rows = variants.map(variant => {
      const found = compared(
        {
          forward: () => {
            kernels.use(variant);
            return network.forward();
          },
          both: () => {
            kernels.use(variant);
            return network.gradients();
          },
        },
        rounds(variant === 'ours' ? 41 : 7),
      );
      const [forward, both] = [measurementOf(found, 'forward'), measurementOf(found, 'both')];
      return {variant, forward, both, back: (both.median - forward.median) / forward.median};
    });
    network.dispose();
    print(
      `${model.name}, batch ${model.batch}, ms ` +
        "(stock cannot train it; filled in: tfjs's kernels, and ours for those that tfjs lacks)",
      rows.map(({variant, forward, both, back}) => ({
        kernels: variant,
        forward: ms(forward),
        'forward and backward': ms(both),
        'backward / forward': back.toFixed(2),
      })),
    );
    return rows
      .filter(({variant}) => variant === 'ours')
      .map(({back}) => verdict(`${model.name}: backward / forward`, back, {most: 2.5}));
  });
}

async function mnist(kernels: Kernels): Promise<Verdict[]> {
  const steps = Math.round(DIGITS / MNIST_CONV_NET.batch);
  const epochOn = async (backend: string, measuredSteps: number): Promise<Measured> => {
    await tf.setBackend(backend);
    const network = new Network(MNIST_CONV_NET);
    const optimizer = tf.train.adam(1e-3);
    network.step(optimizer);
    const times = Array.from({length: measuredSteps}, () => network.step(optimizer));
    network.dispose();
    optimizer.dispose();
    const {median, low, high, runs} = summary(times);
    return {median: median * steps, low: low * steps, high: high * steps, runs};
  };
  kernels.use('ours');
  const [ours, cpu] = [await epochOn('wasm', rounds(steps)), await epochOn('cpu', 3)];
  await tf.setBackend('wasm');
  print(`${MNIST_CONV_NET.name}, an epoch of ${DIGITS} digits in batches of ${MNIST_CONV_NET.batch}, seconds`, [
    {backend: 'cpu, tf.train.adam', epoch: (cpu.median / 1000).toFixed(1), from: `${cpu.runs} steps`},
    {backend: 'wasm with ours, tf.train.adam', epoch: (ours.median / 1000).toFixed(2), from: `${ours.runs} steps`},
    {backend: 'wasm, stock', epoch: 'cannot train', from: ''},
  ]);
  return [verdict('MNIST convolution net, an epoch: cpu / ours', ratio(cpu, ours), {least: 50})];
}

const machine = new Machine();
await tf.setBackend('wasm');
const kernels = new Kernels();
await kernels.load();
const verdicts: Verdict[] = [];
const withRelaxedSimd: RelaxedSimdRow[] = [];
const sections = Object.entries({
  mlp,
  backward,
  mnist,
  matMul,
  relaxedSimd: () => {
    withRelaxedSimd.push(...compareRelaxedSimd(kernels, rounds));
    return [];
  },
}).filter(([name]) => isAsked(name));
for (const [i, [name, section]] of sections.entries()) {
  progress(i + 1, sections.length, name);
  const found = await section(kernels);
  progressEnded();
  verdicts.push(...found);
}
if (verdicts.length > 0)
  print(
    'Targets',
    verdicts.map(({what, measured, asked, isMet}) => ({
      figure: what,
      measured: measured.toFixed(2),
      asked,
      met: isMet ? 'yes' : 'NO',
    })),
  );
machine.write(option('out', 'bench/results/wasm_training.json'), {verdicts, relaxedSimd: withRelaxedSimd});
