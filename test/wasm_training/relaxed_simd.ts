import fc from 'fast-check';

import {registerWasmTraining} from '../../src/wasm_training/index';
import {elementOf, present} from '../support/present';
import {replaceMethod} from '../support/replace_method';
import {restartWasm} from '../support/restart';
import {tf} from '../support/tfjs';
import {agreesWithCpu, resultOn} from './agrees_with_cpu';
import {type Problem, PROBLEMS} from './kernel_problems';
import {values} from './values';

/** The bytes of `f32x4.relaxed_madd`. */
const RELAXED_MADD = [0xfd, 0x85, 0x02];

/** The kernels that are linear in each of their two inputs: their results are sums of products. */
const PRODUCTS = [
  'BatchMatMul',
  'Conv2DBackpropFilter',
  'Conv2DBackpropInput',
  'Conv3DBackpropFilterV2',
  'Conv3DBackpropInputV2',
  'DepthwiseConv2dNativeBackpropFilter',
  'DepthwiseConv2dNativeBackpropInput',
];
const RUNS = 25;

/** Products of matrices whose sums are long. */
const LONG: fc.Arbitrary<Problem> = fc
  .tuple(fc.integer({min: 1, max: 9}), fc.integer({min: 1, max: 3000}), fc.integer({min: 1, max: 21}))
  .map(([m, k, n]) => ({inputs: {a: [k, m], b: [k, n]}, attrs: {transposeA: true, transposeB: false}}));

/**
 * The most by which a sum of products of float32 differs from the exact one, in any order, and where products and sums
 * are rounded together. Source: Higham, "Accuracy and Stability of Numerical Algorithms", 2002, (3.5).
 */
function roundingBound(terms: number, sumOfMagnitudes: number): number {
  const share = terms * 2 ** -24;
  return (share / (1 - share)) * sumOfMagnitudes;
}

/** Expects that the kernel's sums differ from those of the CPU backend by rounding only. */
async function expectRounded(name: string, problem: Problem, seed: number): Promise<void> {
  const [terms, magnitudes] = [
    await resultOn('cpu', name, problem, seed, x => tf.onesLike(x)),
    await resultOn('cpu', name, problem, seed, x => tf.abs(x)),
  ];
  const expected = await resultOn('cpu', name, problem, seed);
  const found = await resultOn('wasm', name, problem, seed);
  expect(found.shape).toEqual(expected.shape);
  const wrong = Array.from(found.values).filter((value, i) => {
    // Both sums are rounded, and that of the magnitudes too.
    const bound = 2 * roundingBound(present(terms.values[i]) + 2, present(magnitudes.values[i]));
    return !(Math.abs(value - present(expected.values[i])) <= bound);
  });
  expect(wrong).withContext(JSON.stringify(problem)).toEqual([]);
}

type Step = (sum: number, x: number, y: number) => number;
const ROUNDED_TWICE: Step = (sum, x, y) => Math.fround(sum + Math.fround(x * y));
// The product of two float32 numbers is exact in float64.
const ROUNDED_ONCE: Step = (sum, x, y) => Math.fround(sum + x * y);

/** A product whose columns are a tile of vectors, a vector, and three numbers. Its sums are longer than a block. */
const PRODUCT = {k: 300, m: 5, n: 15, block: 256, inVectors: 12} as const;

/** aᵀ·b, where each term is added by `step`; the sums of the blocks are added. */
function productBy(step: Step, a: Float32Array, b: Float32Array): number[] {
  const {k, m, n, block} = PRODUCT;
  const sums = Array.from({length: m * n}, () => 0);
  for (let first = 0; first < k; first += block) {
    sums.forEach((before, at) => {
      const [row, column] = [Math.floor(at / n), at % n];
      let sum = 0;
      for (let i = first; i < Math.min(k, first + block); i++)
        sum = step(sum, present(a[i * m + row]), present(b[i * n + column]));
      sums[at] = Math.fround(sum + before);
    });
  }
  return sums;
}

function productOnWasm(a: Float32Array, b: Float32Array): number[] {
  const {k, m, n} = PRODUCT;
  return tf.tidy(() => Array.from(tf.matMul(tf.tensor2d(a, [k, m]), tf.tensor2d(b, [k, n]), true).dataSync()));
}

/** The filter gradient of a depthwise convolution with a filter of one pixel: per channel, Σ over pixels of x · dy. */
const DEPTHWISE = {size: 9, channels: 23, inVectors: 20} as const;

function depthwiseBy(step: Step, x: Float32Array, dy: Float32Array): number[] {
  const {size, channels} = DEPTHWISE;
  return Array.from({length: channels}, (_, channel) => {
    let sum = 0;
    for (let i = channel; i < size * size * channels; i += channels) sum = step(sum, present(x[i]), present(dy[i]));
    return sum;
  });
}

function depthwiseOnWasm(x: Float32Array, dy: Float32Array): number[] {
  const {size, channels} = DEPTHWISE;
  const shape: [number, number, number, number] = [1, size, size, channels];
  return tf.tidy(() => {
    const filter = tf.ones<tf.Rank.R4>([1, 1, channels, 1]);
    const slope = tf.grad(w => tf.depthwiseConv2d(tf.tensor4d(x, shape), w.as4D(1, 1, channels, 1), 1, 'valid'));
    return Array.from(slope(filter, tf.tensor4d(dy, shape)).dataSync());
  });
}

interface Sums {
  readonly what: string;
  readonly inputs: readonly [Float32Array, Float32Array];
  readonly by: (step: Step, x: Float32Array, y: Float32Array) => number[];
  readonly onWasm: (x: Float32Array, y: Float32Array) => number[];
  /** Whether vectors compute this number. */
  readonly isInVectors: (at: number) => boolean;
}

const SUMS: readonly Sums[] = [
  {
    what: 'a matrix product',
    inputs: [values(PRODUCT.k * PRODUCT.m, 1), values(PRODUCT.k * PRODUCT.n, 2)],
    by: productBy,
    onWasm: productOnWasm,
    isInVectors: at => at % PRODUCT.n < PRODUCT.inVectors,
  },
  {
    what: 'a depthwise gradient',
    inputs: [values(DEPTHWISE.size ** 2 * DEPTHWISE.channels, 3), values(DEPTHWISE.size ** 2 * DEPTHWISE.channels, 4)],
    by: depthwiseBy,
    onWasm: depthwiseOnWasm,
    isInVectors: at => at < DEPTHWISE.inVectors,
  },
];

/** The binaries of the modules that are compiled while `act` runs. */
function compiledBy(act: () => void): Uint8Array[] {
  const binaries: Uint8Array[] = [];
  const {Module} = WebAssembly;
  // It is called with new, so it can't be an arrow function.
  const restore = replaceMethod(
    WebAssembly,
    'Module',
    () =>
      function recorded(binary) {
        if (!(binary instanceof Uint8Array)) throw new Error('A module must be made from bytes.');
        binaries.push(binary);
        const module: unknown = Reflect.construct(Module, [binary]);
        return module;
      },
  );
  try {
    act();
  } finally {
    restore();
  }
  return binaries;
}

const hasRelaxedMadd = (binary: Uint8Array): boolean =>
  binary.some((_, i) => RELAXED_MADD.every((byte, j) => binary[i + j] === byte));

/** Declares specs of relaxed SIMD, on the WASM backend and an engine that has it. */
export function itUsesRelaxedSimd(): void {
  afterAll(() => registerWasmTraining({relaxedSimd: false}));

  it('is in no module unless it is chosen', async () => {
    await restartWasm({simd: true});
    const [plain, relaxed, afterwards] = [false, true, false].map(relaxedSimd => {
      expect(registerWasmTraining({relaxedSimd}).relaxedSimd).toBe(relaxedSimd);
      return compiledBy(() => {
        for (const {inputs, onWasm} of SUMS) onWasm(...inputs);
      });
    });
    expect(present(plain).map(hasRelaxedMadd)).toEqual([false, false, false]);
    // Both modules of sums; that of panels is the same.
    expect(present(relaxed).filter(hasRelaxedMadd).length).toBe(2);
    // The first modules are still there.
    expect(present(afterwards)).toEqual([]);
  });

  it('stays as chosen where later calls choose nothing', () => {
    for (const relaxedSimd of [true, false]) {
      registerWasmTraining({relaxedSimd});
      expect(registerWasmTraining().relaxedSimd).toBe(relaxedSimd);
    }
  });

  it('is neither chosen nor left by a call with a fault', () => {
    registerWasmTraining({relaxedSimd: true});
    for (const [options, message] of [
      [{relaxedSimd: 0}, "'relaxedSimd' must be true or false; got 0."],
      [
        {relaxedSIMD: false},
        "registerWasmTraining has no option 'relaxedSIMD'; it has relaxedSimd. Did you mean 'relaxedSimd'?",
      ],
      [
        false,
        'registerWasmTraining takes its settings in an object; got false. ' +
          'Write registerWasmTraining({relaxedSimd: false}).',
      ],
    ] as const) {
      expect(() => {
        Reflect.apply(registerWasmTraining, undefined, [options]);
      }).toThrowError(message);
    }
    expect(registerWasmTraining().relaxedSimd).toBeTrue();
  });

  it('is not used without SIMD', async () => {
    const hadSimd = tf.env().getBool('WASM_HAS_SIMD_SUPPORT');
    await restartWasm({simd: false});
    registerWasmTraining({relaxedSimd: true});
    for (const {inputs, by, onWasm} of SUMS) expect(onWasm(...inputs)).toEqual(by(ROUNDED_TWICE, ...inputs));
    await restartWasm({simd: hadSimd});
  });

  for (const {what, inputs, by, onWasm, isInVectors} of SUMS) {
    it(`being off, ${what} has the same bits on every machine`, () => {
      registerWasmTraining({relaxedSimd: false});
      expect(onWasm(...inputs)).toEqual(by(ROUNDED_TWICE, ...inputs));
    });

    it(`being on, ${what} is rounded once or twice per term of a vector`, () => {
      registerWasmTraining({relaxedSimd: true});
      const found = onWasm(...inputs);
      const twice = by(ROUNDED_TWICE, ...inputs);
      const once = by(ROUNDED_ONCE, ...inputs).map((sum, at) => (isInVectors(at) ? sum : elementOf(twice, at)));
      expect(once).not.toEqual(twice);
      // The processor decides.
      expect([once, twice]).toContain(found);
    });
  }

  for (const relaxedSimd of [false, true]) {
    describe(`being ${relaxedSimd ? 'on' : 'off'}`, () => {
      beforeAll(() => registerWasmTraining({relaxedSimd}));

      for (const name of PRODUCTS) {
        it(`${name} is as exact as the length of its sums allows`, async () => {
          const problems = name === 'BatchMatMul' ? fc.oneof(LONG, present(PROBLEMS[name])) : present(PROBLEMS[name]);
          await fc.assert(
            fc.asyncProperty(problems, fc.nat(1000), (problem, seed) => expectRounded(name, problem, seed)),
            {numRuns: RUNS, seed: 17},
          );
        });
      }
    });
  }

  describe('being on,', () => {
    beforeAll(() => registerWasmTraining({relaxedSimd: true}));
    agreesWithCpu();
  });
}
