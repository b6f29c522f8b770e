import {
  adam,
  cos,
  ema,
  loadOptimizer,
  Lookahead,
  lookahead,
  type Optimizer,
  OptimWrapper,
  rmsProp,
  saveOptimizer,
} from '../src';
import {describeBackends} from './support/backends';
import {snapshot} from './support/bits';
import {leakless} from './support/leakless';
import {memoryHandler} from './support/memory_handler';
import {present} from './support/present';
import {tf} from './support/tfjs';

const variablesOf = (n: number): tf.Variable[] =>
  tf.tidy(() => Array.from({length: n}, (_, i) => tf.variable(tf.fill([2], i + 1))));

function step(optimizer: Optimizer, variables: readonly tf.Variable[]): void {
  optimizer.minimize(
    () => tf.tidy(() => tf.addN(variables.map(variable => variable.square().sum())).asScalar()),
    false,
    [...variables],
  );
}

const WRAPS: Readonly<Record<string, {readonly as: string; readonly wrap: (inner: Optimizer) => Optimizer}>> = {
  lookahead: {as: 'TfjsOptimLookahead', wrap: inner => lookahead(inner)},
  ema: {as: 'TfjsOptimEma', wrap: inner => ema(inner)},
};

const MAKES: Readonly<Record<string, (variables: readonly tf.Variable[]) => Optimizer>> = {
  adam: variables => adam(0.1, {params: variables.map(variable => [variable])}),
  'a wrapped adam': variables =>
    new OptimWrapper(
      variables.map(() => tf.train.adam(0.1)),
      {params: variables.map(variable => [variable])},
    ),
};

/** All members that read or write an optimizer. */
const USES: Readonly<Record<string, (optimizer: Optimizer, variables: readonly tf.Variable[]) => unknown>> = {
  setHyper: optimizer => {
    optimizer.setHyper('lr', 1);
  },
  setHypers: optimizer => {
    optimizer.setHypers({lr: 1});
  },
  hypers: optimizer => optimizer.hypers,
  learningRate: optimizer => optimizer.learningRate,
  'learningRate =': optimizer => {
    optimizer.learningRate = 1;
  },
  setLearningRate: optimizer => {
    optimizer.setLearningRate(1);
  },
  setSchedule: optimizer => {
    optimizer.setSchedule({lr: cos(1, 0)}, {steps: 3});
  },
  clearSchedule: optimizer => {
    optimizer.clearSchedule();
  },
  'clearSchedule({keep: true})': optimizer => {
    optimizer.clearSchedule({keep: true});
  },
  schedule: optimizer => optimizer.schedule,
  freezeTo: optimizer => {
    optimizer.freezeTo(1);
  },
  freeze: optimizer => {
    optimizer.freeze();
  },
  unfreeze: optimizer => {
    optimizer.unfreeze();
  },
  setFreeze: optimizer => {
    optimizer.setFreeze(0, false);
  },
  frozenIdx: optimizer => optimizer.frozenIdx,
  paramLists: optimizer => optimizer.paramLists,
  'paramLists =': (optimizer, variables) => {
    optimizer.paramLists = variables.map(variable => [variable]);
  },
  paramGroups: optimizer => optimizer.paramGroups,
  allParams: optimizer => optimizer.allParams(),
  summary: optimizer => optimizer.summary(),
  'state.get': (optimizer, variables) => variables.map(variable => optimizer.state.get(variable)),
  'state.set': (optimizer, variables) => {
    variables.forEach(variable => {
      optimizer.state.set(variable, {doWd: false});
    });
  },
  stateDict: optimizer => optimizer.stateDict(),
  loadStateDict: optimizer => {
    optimizer.loadStateDict({
      callbacks: [],
      state: [],
      hypers: [],
      common: {},
      frozen: [],
      frozenIdx: 0,
      iterations: 0,
    });
  },
  clearState: optimizer => {
    optimizer.clearState();
  },
  getConfig: optimizer => optimizer.getConfig(),
  getWeights: optimizer => optimizer.getWeights(),
  setWeights: optimizer => optimizer.setWeights([]),
  saveOptimizer: optimizer => saveOptimizer(optimizer, memoryHandler()),
  attach: (optimizer, variables) => {
    optimizer.attach(variables);
  },
  grads: optimizer => optimizer.grads,
  zeroGrad: optimizer => {
    optimizer.zeroGrad();
  },
  backward: optimizer => optimizer.backward(() => tf.scalar(0)),
  step: optimizer => {
    optimizer.step();
  },
  minimize: (optimizer, variables) => {
    step(optimizer, variables);
  },
  computeGradients: (optimizer, variables) => optimizer.computeGradients(() => tf.scalar(0), [...variables]),
  applyGradients: optimizer => {
    optimizer.applyGradients({});
  },
  eval: optimizer => {
    optimizer.eval();
  },
  lookahead: optimizer => lookahead(optimizer),
  ema: optimizer => ema(optimizer),
};

async function messageOf(use: () => unknown): Promise<string> {
  try {
    await use();
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  return 'no error';
}

describeBackends(
  'an optimizer that another one took over',
  () => {
    for (const [kind, make] of Object.entries(MAKES)) {
      for (const [how, {as, wrap}] of Object.entries(WRAPS)) {
        for (const [what, use] of Object.entries(USES)) {
          it(`names its owner, and changes nothing: ${what} of ${kind} in ${how}`, () =>
            leakless(async () => {
              const variables = variablesOf(2);
              const inner = make(variables);
              step(inner, variables);
              const outer = wrap(inner);
              step(outer, variables);
              const before = await snapshot(outer, variables);
              expect(await messageOf(() => use(inner, variables))).toBe(
                `This optimizer can't be used any more: it is part of a ${as} now. Use that one.`,
              );
              expect(await snapshot(outer, variables)).toEqual(before);
              step(outer, variables);
              outer.dispose();
              tf.dispose(variables);
            }));
        }

        it(`can be disposed without an effect on the other one: ${kind} in ${how}`, () =>
          leakless(async () => {
            const variables = variablesOf(2);
            const inner = make(variables);
            step(inner, variables);
            const outer = wrap(inner);
            step(outer, variables);
            const before = await snapshot(outer, variables);
            inner.train();
            inner.dispose();
            inner.dispose();
            expect(await snapshot(outer, variables)).toEqual(before);
            step(outer, variables);
            outer.dispose();
            tf.dispose(variables);
          }));

        it(`can't be written through objects that were read before: ${kind} in ${how}`, () =>
          leakless(async () => {
            const variables = variablesOf(2);
            const inner = make(variables);
            step(inner, variables);
            const {state} = inner;
            const [hypers] = inner.hypers;
            const [row] = inner.allParams();
            const outer = wrap(inner);
            const before = await snapshot(outer, variables);
            const uses = [
              () => {
                Object.assign(present(hypers), {lr: 1});
              },
              () => {
                Object.assign(present(row).hypers, {lr: 1});
              },
              () => {
                variables.forEach(variable => {
                  state.set(variable, {doWd: false});
                });
              },
            ];
            for (const use of uses) expect(await messageOf(use)).toMatch(/it is part of a TfjsOptim/);
            expect(await snapshot(outer, variables)).toEqual(before);
            outer.dispose();
            tf.dispose(variables);
          }));
      }
    }

    it('passes state that waits for its variables to the other one', () =>
      leakless(async () => {
        const variables = variablesOf(2);
        const saved = adam(0.1, {params: variables});
        step(saved, variables);
        const handler = memoryHandler();
        await saveOptimizer(saved, handler);
        saved.dispose();
        const inner = await loadOptimizer(handler);
        const outer = ema(inner);
        inner.dispose();
        outer.attach(variables);
        expect(variables.map(variable => outer.state.get(variable)['step'])).toEqual([1, 1]);
        step(outer, variables);
        outer.dispose();
        tf.dispose(variables);
      }));

    it('goes on where it could not be taken over', () =>
      leakless(async () => {
        const variables = variablesOf(2);
        const inner = rmsProp(0.1, {params: variables});
        step(inner, variables);
        const before = await snapshot(inner, variables);
        expect(await messageOf(() => new Lookahead(inner, {k: 0}))).toMatch(/k must be a whole number/);
        expect(await messageOf(() => ema(inner, {decay: 2}))).toMatch(/decay must be in \[0, 1\)/);
        expect(await snapshot(inner, variables)).toEqual(before);
        step(inner, variables);
        inner.dispose();
        tf.dispose(variables);
      }));
  },
  ['cpu', 'wasm'],
);
