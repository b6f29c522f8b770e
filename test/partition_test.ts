import {
  accumulate,
  adamW,
  applyOpenWindow,
  callback,
  clipGlobalNorm,
  cos,
  ema,
  exp,
  fineTune,
  fitOneCycle,
  lamb,
  larc,
  layerwiseDecay,
  lin,
  loadOptimizer,
  lookahead,
  oneCycle,
  Optimizer,
  optimizerOf,
  OptimWrapper,
  Partition,
  partition,
  ranger,
  reduceLROnPlateau,
  required,
  saveOptimizer,
  sgd,
  sgdStep,
  slice,
  zeros,
} from '../src';
import {describeBackends} from './support/backends';
import {bitsOf, snapshot} from './support/bits';
import {leakless} from './support/leakless';
import {memoryHandler} from './support/memory_handler';
import {present} from './support/present';
import {disposeModels, expectSame, reloaded} from './support/resuming';
import {compiled, smallNet, train} from './support/small_net';
import {tf} from './support/tfjs';
import {eagerly} from './support/trained';
import {gradientNumbers, variablesOf} from './support/training';

/** Kernels, which the first part takes, and biases, by turns. The first two are one group of the user. */
const SHAPES = [[3, 2], [4], [2, 2], [3]];
const isKernel = ({rank}: tf.Variable): boolean => rank === 2;

interface Settings {
  readonly params?: tf.Variable[][];
}

/** Takes an update and halves it: the part without it must not turn its steps into updates. */
const halfUpdate = callback('halfUpdate', {takesUpdate: true}, ({update}) => ({update: update.mul(0.5)}));
/** Two uses of one name, which can't be in one chain. */
const countsTest = callback('countsTest', {state: {tally: 0}}, ({grad, tally}) => ({
  grad: grad.mul(1 + tally),
  tally: tally + 1,
}));
const sumsTest = callback('sumsTest', {state: {tally: zeros}}, ({grad, tally}) => ({
  grad: tally.add(grad),
  tally: tally.add(grad),
}));
const kernels = (settings: Settings): Optimizer => sgd(0.1, {mom: 0.9, wd: 0.02, ...settings});
const biases = (settings: Settings): Optimizer => adamW(0.03, settings);

/** Makes steps with gradients that depend on step and variable alone. */
class Trainer {
  #step = 0;

  constructor(
    public optimizer: Optimizer,
    /** All variables of the test; those that it does not train are undefined. */
    readonly variables: ReadonlyArray<tf.Variable | undefined>,
  ) {}

  get mine(): tf.Variable[] {
    return this.variables.filter(variable => variable !== undefined);
  }

  steps(n: number, missing: readonly number[] = []): void {
    for (let i = 0; i < n; i++, this.#step++) {
      const gradients = this.variables.flatMap((variable, j) =>
        variable === undefined || missing.includes(j)
          ? []
          : [{name: variable.name, tensor: tf.tensor(gradientNumbers(this.#step, j, variable.shape), variable.shape)}],
      );
      this.optimizer.applyGradients(gradients);
      tf.dispose(gradients.map(({tensor}) => tensor));
    }
  }

  /** Goes on with another optimizer in place of this one. */
  async replaceBy(make: (old: Optimizer) => Promise<Optimizer>): Promise<void> {
    const old = this.optimizer;
    this.optimizer = await make(old);
    old.dispose();
  }
}

interface Row {
  readonly name: string;
  readonly first?: (settings: Settings) => Optimizer;
  readonly second?: (settings: Settings) => Optimizer;
  /** Makes the partition, where it has settings of its own. */
  readonly whole?: (first: Optimizer, second: Optimizer, settings: Settings) => Optimizer;
  /** Goes around the partition, and around each of the two optimizers. */
  readonly around?: (inner: Optimizer) => Optimizer;
  /** Whether the optimizers are given no variables. */
  readonly implicit?: boolean;
  readonly act: (trainer: Trainer) => void | Promise<void>;
}

async function saved(trainer: Trainer): Promise<void> {
  await trainer.replaceBy(async old => {
    const handler = memoryHandler();
    await saveOptimizer(old, handler);
    return loadOptimizer(handler, {params: trainer.mine});
  });
}

/** What computes, bit for bit, the same as an optimizer for the kernels and one for the biases. */
const ROWS: readonly Row[] = [
  {
    name: 'steps',
    act: trainer => {
      trainer.steps(4);
    },
  },
  {
    name: 'steps without `params`',
    implicit: true,
    act: trainer => {
      trainer.steps(4);
    },
  },
  {
    name: 'freezing',
    act: trainer => {
      trainer.steps(1);
      trainer.optimizer.freeze();
      trainer.steps(2);
      trainer.optimizer.unfreeze();
      trainer.optimizer.setFreeze(1, false);
      trainer.steps(2);
      trainer.optimizer.freezeTo(-1);
      trainer.steps(1);
    },
  },
  {
    name: 'slices',
    first: settings => sgd(slice(1e-3, 0.1), settings),
    act: trainer => {
      trainer.steps(2);
      trainer.optimizer.setHyper('wd', slice(1e-3, 1e-1));
      trainer.steps(2);
    },
  },
  {
    name: 'lists and layer-wise decay',
    act: trainer => {
      trainer.optimizer.setHyper('wd', [0.1, 0.2]);
      trainer.steps(2);
      trainer.optimizer.setHyper('lr', layerwiseDecay(0.1, 0.5, 2));
      trainer.steps(2);
    },
  },
  {
    name: 'schedules',
    act: trainer => {
      trainer.optimizer.setSchedule({lr: cos(0.1, 0.01), wd: exp([0.1, 0.2], 1e-3)}, {steps: 4});
      trainer.steps(3);
      trainer.optimizer.clearSchedule();
      trainer.steps(1);
    },
  },
  {
    name: 'one-cycle',
    act: trainer => {
      trainer.optimizer.setSchedule(oneCycle(), {steps: 5});
      trainer.steps(3);
      trainer.optimizer.setSchedule(oneCycle({lrMax: slice(1e-3, 1e-1), moms: [0.9, 0.8, 0.9]}), {steps: 3});
      trainer.steps(4);
    },
  },
  {
    name: 'one-cycle, where one part has no momentum',
    first: settings => sgd(0.1, settings),
    act: trainer => {
      trainer.optimizer.setSchedule(oneCycle(), {steps: 5});
      trainer.steps(5);
    },
  },
  {
    name: 'missing gradients',
    act: trainer => {
      trainer.steps(2, [0, 3]);
      trainer.steps(1, [0, 2]);
      trainer.steps(2);
    },
  },
  {
    name: 'late variables',
    implicit: true,
    act: trainer => {
      trainer.steps(2, [2, 3]);
      trainer.steps(2);
    },
  },
  {
    name: 'a total inside one part',
    first: settings => sgd(0.1, {callbacks: [clipGlobalNorm], globalClipNorm: 0.5, ...settings}),
    act: trainer => {
      trainer.steps(3);
    },
  },
  {
    name: 'totals inside both parts',
    first: settings => lamb(0.1, {callbacks: [clipGlobalNorm], globalClipNorm: 0.5, ...settings}),
    second: settings => larc(0.1, {callbacks: [clipGlobalNorm], globalClipNorm: 0.2, ...settings}),
    act: trainer => {
      trainer.steps(3);
    },
  },
  {
    name: 'an update taken in one part',
    second: settings => adamW(0.03, {after: [halfUpdate], ...settings}),
    act: trainer => {
      trainer.steps(3);
    },
  },
  {
    name: 'a state name that is a number in one part and a tensor in the other',
    first: settings => sgd(0.1, {callbacks: [countsTest], ...settings}),
    second: settings => sgd(0.1, {callbacks: [sumsTest], ...settings}),
    act: async trainer => {
      trainer.steps(2);
      await saved(trainer);
      trainer.steps(2);
    },
  },
  {
    name: 'accumulation in all',
    first: settings => sgd(0.1, {callbacks: accumulate(2), ...settings}),
    second: settings => adamW(0.03, {callbacks: accumulate(2), ...settings}),
    whole: (_, __, settings) =>
      partition([{of: isKernel, by: sgd(0.1)}, {by: adamW(0.03)}], {callbacks: accumulate(2), ...settings}),
    act: trainer => {
      trainer.steps(3);
      expect(applyOpenWindow(trainer.optimizer)).toBeTrue();
      expect(applyOpenWindow(trainer.optimizer)).toBeFalse();
      trainer.steps(2);
    },
  },
  {
    name: 'accumulation in one part',
    second: settings => adamW(0.03, {callbacks: accumulate(2), ...settings}),
    act: async trainer => {
      trainer.steps(3);
      await saved(trainer);
      applyOpenWindow(trainer.optimizer);
      trainer.steps(3);
    },
  },
  {
    name: 'accumulation of other lengths in both parts',
    first: settings => sgd(0.1, {callbacks: accumulate(3), ...settings}),
    second: settings => adamW(0.03, {callbacks: accumulate(2), ...settings}),
    act: trainer => {
      trainer.steps(4);
      applyOpenWindow(trainer.optimizer);
      trainer.steps(3);
    },
  },
  {
    name: 'saving and loading',
    act: async trainer => {
      trainer.optimizer.setSchedule(oneCycle(), {steps: 7});
      trainer.steps(2);
      trainer.optimizer.freeze();
      await saved(trainer);
      trainer.steps(2);
      trainer.optimizer.unfreeze();
      trainer.steps(2);
    },
  },
  {
    name: 'a state dict',
    act: async trainer => {
      trainer.optimizer.setSchedule({lr: lin(0.1, 0)}, {steps: 6});
      trainer.steps(2);
      const {optimizer} = trainer;
      const dict = optimizer.stateDict();
      const weights = trainer.mine.map(variable => variable.clone());
      trainer.steps(2);
      optimizer.loadStateDict(dict);
      trainer.mine.forEach((variable, i) => variable.assign(present(weights[i])));
      tf.dispose([weights, dict.state.flatMap(entries => Object.values(entries))]);
      trainer.steps(1);
      await Promise.resolve();
    },
  },
  {
    name: 'clearing the state',
    act: trainer => {
      trainer.steps(2);
      trainer.optimizer.clearState();
      trainer.steps(2);
    },
  },
  {
    name: 'Lookahead around it',
    around: inner => lookahead(inner, {k: 2}),
    act: async trainer => {
      trainer.steps(3);
      await saved(trainer);
      trainer.steps(2);
      tf.tidy(() => {
        for (const variable of trainer.mine) variable.assign(variable.mul(2));
      });
      trainer.optimizer.rebase();
      trainer.steps(3);
    },
  },
  {
    name: 'averages around it, shown',
    around: inner => ema(inner, {decay: 0.5}),
    act: trainer => {
      trainer.steps(3);
      trainer.optimizer.eval();
      trainer.optimizer.train();
      trainer.steps(1);
      trainer.optimizer.eval();
    },
  },
  {
    name: 'averages around Lookahead around it, with accumulation in one part',
    second: settings => adamW(0.03, {callbacks: accumulate(2), ...settings}),
    around: inner => ema(lookahead(inner, {k: 2}), {decay: 0.5}),
    act: trainer => {
      trainer.steps(7);
      trainer.optimizer.eval();
    },
  },
];

interface Trained {
  readonly kernels: number[][];
  readonly biases: number[][];
}

async function resultOf(trainers: readonly Trainer[]): Promise<Trained> {
  const variables = trainers.flatMap(({variables: list}) => list.filter(variable => variable !== undefined));
  return {
    kernels: await bitsOf(variables.filter(isKernel)),
    biases: await bitsOf(variables.filter(variable => !isKernel(variable))),
  };
}

function groupsOf(variables: readonly tf.Variable[], which: (variable: tf.Variable) => boolean): tf.Variable[][] {
  return [variables.slice(0, 2), variables.slice(2)].map(group => group.filter(which));
}

async function runWhole({first = kernels, second = biases, whole, around, implicit, act}: Row): Promise<Trained> {
  const variables = variablesOf(SHAPES);
  const settings = implicit === true ? {} : {params: groupsOf(variables, () => true)};
  const made =
    whole?.(first({}), second({}), settings) ?? partition([{of: isKernel, by: first({})}, {by: second({})}], settings);
  return finish([new Trainer(around?.(made) ?? made, variables)], act);
}

async function runTwo({first = kernels, second = biases, around, implicit, act}: Row): Promise<Trained> {
  const variables = variablesOf(SHAPES);
  const trainers = [first, second].map((make, i) => {
    const mine = (variable: tf.Variable) => isKernel(variable) === (i === 0);
    const made = make(implicit === true ? {} : {params: groupsOf(variables, mine)});
    return new Trainer(
      around?.(made) ?? made,
      variables.map(variable => (mine(variable) ? variable : undefined)),
    );
  });
  return finish(trainers, act);
}

async function finish(trainers: readonly Trainer[], act: Row['act']): Promise<Trained> {
  for (const trainer of trainers) await act(trainer);
  const result = await resultOf(trainers);
  for (const {optimizer, variables} of trainers) {
    optimizer.dispose();
    tf.dispose(variables.flatMap(variable => variable ?? []));
  }
  return result;
}

const ON_ALL = ['steps', 'a total inside one part', 'saving and loading', 'Lookahead around it'];

describeBackends('a partition computes what two optimizers compute', backend => {
  for (const row of ROWS) {
    if (backend.startsWith('webg') && !ON_ALL.includes(row.name)) continue;
    it(row.name, () =>
      leakless(async () => {
        const two = await runTwo(row);
        expect(await runWhole(row)).toEqual(two);
      }),
    );
    if (backend.startsWith('webg')) continue;
    it(`${row.name}, eagerly`, () =>
      leakless(async () => {
        tf.env().set('OPTIM_FUSING', false);
        try {
          const two = await runTwo(row);
          expect(await runWhole(row)).toEqual(two);
        } finally {
          tf.env().set('OPTIM_FUSING', true);
        }
      }));
  }

  it('makes one kernel per step', async () => {
    const variables = variablesOf(SHAPES);
    const trainer = new Trainer(partition([{of: isKernel, by: kernels({})}, {by: biases({})}]), variables);
    trainer.steps(2);
    const gradients = variables.map(({name, shape}) => ({name, tensor: tf.ones(shape)}));
    const {kernels: ran} = await tf.profile(() => {
      trainer.optimizer.applyGradients(gradients);
    });
    expect(ran.map(({name}) => name)).toEqual(['OptimStep']);
    expect(trainer.optimizer.fusedOn).toBe(backend);
    expect(
      trainer.optimizer
        .graph()
        .split('\n\n')
        .filter(text => text.includes(':\n')).length,
    ).toBe(2);
    trainer.optimizer.dispose();
    tf.dispose([variables, gradients]);
  });

  it('sums a total of all parts over all variables', async () => {
    const clipped = {callbacks: [clipGlobalNorm], globalClipNorm: 0.5} as const;
    const [one, two] = [variablesOf(SHAPES), variablesOf(SHAPES)];
    const whole = new Trainer(
      partition([{of: one.slice(0, 2), by: sgd(0.1)}, {by: sgd(0.1)}], {params: one, ...clipped}),
      one,
    );
    const alone = new Trainer(sgd(0.1, {params: two, ...clipped}), two);
    for (const trainer of [whole, alone]) trainer.steps(3);
    expect(await bitsOf(one)).toEqual(await bitsOf(two));
    whole.optimizer.setHyper('globalClipNorm', 0.1);
    alone.optimizer.setHyper('globalClipNorm', 0.1);
    for (const trainer of [whole, alone]) trainer.steps(1);
    expect(await bitsOf(one)).toEqual(await bitsOf(two));
    for (const {optimizer} of [whole, alone]) optimizer.dispose();
    tf.dispose([one, two]);
  });

  it('loses no tensor inside tidy', () =>
    leakless(() => {
      const variables = variablesOf(SHAPES);
      const trainer = tf.tidy(() => {
        const made = new Trainer(partition([{of: isKernel, by: kernels({})}, {by: biases({})}]), variables);
        made.steps(2);
        return made;
      });
      trainer.steps(1);
      expect(trainer.optimizer.iterations).toBe(3);
      trainer.optimizer.dispose();
      tf.dispose(variables);
    }));
});

const headOf = (model: tf.LayersModel) => present(model.layers.at(-1));
/** Groups of a small net: its body and its head. */
const groupsIn = (model: tf.LayersModel) => [model.layers.slice(0, -1), model.layers.slice(-1)];

/** A small net of which a partition trains the biases and the normalization otherwise. */
function net(name: string, around: (inner: Optimizer) => Optimizer = inner => inner): tf.LayersModel {
  const model = smallNet(name);
  const made = partition([{of: isKernel, by: kernels({})}, {by: biases({})}], {params: groupsIn(model)});
  return compiled(model, around(made));
}

describeBackends(
  'a partition in a model',
  () => {
    for (const [name, around] of [
      ['alone', (inner: Optimizer) => inner],
      ['under Lookahead', (inner: Optimizer) => lookahead(inner)],
      ['under averages', (inner: Optimizer) => ema(inner)],
    ] as const) {
      it(`goes on after saving, ${name}, where the variables have other names`, () =>
        leakless(async () => {
          const model = net('net', around);
          await train(model, 3);
          optimizerOf(model).freeze();
          const copy = await reloaded(model);
          expect(headOf(copy).weights[0]?.name).not.toBe(headOf(model).weights[0]?.name);
          expect(optimizerOf(copy)).toBeInstanceOf(Partition);
          await train(model, 2);
          await train(copy, 2);
          await expectSame(copy, model);
          for (const one of [model, copy]) optimizerOf(one).unfreeze();
          await train(model, 2);
          await train(copy, 2);
          await expectSame(copy, model);
          disposeModels(model, copy);
        }));
    }

    it('gives the last part what was not saved, after loading', async () => {
      const [known, late] = [tf.variable(tf.ones([2, 2]), true, 'known'), tf.variable(tf.ones([2, 2]), true, 'late')];
      const opt = partition([{of: isKernel, by: sgd(0.1)}, {by: adamW(0.1)}]);
      opt.attach([known]);
      const handler = memoryHandler();
      await saveOptimizer(opt, handler);
      const loaded = await loadOptimizer(handler);
      loaded.attach([known, late]);
      expect(loaded.summary().map(({variable, part}) => [variable, part])).toEqual([
        ['known', 0],
        ['late', 1],
      ]);
      loaded.state.set(known, {doWd: false});
      expect(() => {
        loaded.state.set(known, {gradAvg: known});
      }).toThrowError(/no state 'gradAvg'/);
      loaded.state.set(late, {gradAvg: late});
      opt.dispose();
      loaded.dispose();
      tf.dispose([known, late]);
    });

    it('fine-tunes the groups of the user', async () => {
      const model = net('net');
      const [x, y] = [tf.randomNormal([8, 4], 0, 1, 'float32', 1), tf.ones([8, 1])];
      const before = await bitsOf(model.layers.slice(0, 1).flatMap(layer => layer.getWeights()));
      const opt = optimizerOf(model);
      const seen: object[] = [];
      await fineTune(model, x, y, {
        epochs: 1,
        freezeEpochs: 1,
        batchSize: 4,
        verbose: 0,
        callbacks: {
          onBatchEnd: async () => {
            const frozen = opt.frozenIdx === 1;
            const same = await bitsOf(model.layers.slice(0, 1).flatMap(layer => layer.getWeights()));
            seen.push({frozen, changed: JSON.stringify(same) !== JSON.stringify(before)});
          },
        },
      });
      expect(seen).toEqual([
        {frozen: true, changed: false},
        {frozen: true, changed: false},
        {frozen: false, changed: true},
        {frozen: false, changed: true},
      ]);
      expect(opt.paramLists.length).toBe(2);
      expect(opt.hypers.map(({lr}) => lr)).toEqual([0.1, 0.03, 0.1, 0.03]);
      tf.dispose([x, y]);
      disposeModels(model);
    });

    it('moves each part from its own rate, and `mom` only where there is momentum', async () => {
      const model = smallNet('net');
      const opt = partition([{of: isKernel, by: sgd(0.1)}, {by: adamW(0.01)}]);
      compiled(model, opt);
      const [x, y] = [tf.ones([8, 4]), tf.ones([8, 1])];
      const seen: unknown[] = [];
      await fitOneCycle(model, x, y, {
        epochs: 4,
        pctStart: 0.5,
        div: 2,
        verbose: 0,
        callbacks: {
          onEpochEnd: () => {
            seen.push(opt.hypers.map(({lr, mom}) => [lr, mom]));
          },
        },
      });
      expect(seen[0]).toEqual([
        [0.05, 0],
        [0.005, 0.95],
      ]);
      expect(seen[2]).toEqual([
        [0.1, 0],
        [0.01, 0.85],
      ]);
      expect(opt.hypers.map(({lr, mom}) => [lr, mom])).toEqual([
        [0.1, 0],
        [0.01, 0.9],
      ]);
      await model.fit(x, y, {
        epochs: 4,
        verbose: 0,
        callbacks: reduceLROnPlateau({monitor: 'loss', patience: 1, minDelta: 1e9, factor: 0.5, keep: true}),
      });
      const rates = opt.hypers.map(({lr}) => Number(lr));
      expect(present(rates[0])).toBeLessThan(0.1);
      expect(present(rates[0]) / present(rates[1])).toBeCloseTo(10, 10);
      tf.dispose([x, y]);
      disposeModels(model);
    });

    it('asks `of` again for the variables of a second model', () => {
      const [a, b] = [tf.variable(tf.ones([2, 2])), tf.variable(tf.ones([2, 2]))];
      const [c, d] = [tf.variable(tf.ones([2])), tf.variable(tf.ones([2]))];
      const opt = partition([{of: isKernel, by: sgd(0.1)}, {by: adamW(0.1)}]);
      const loss = (...list: tf.Variable[]) => {
        opt.minimize(() => tf.tidy(() => tf.addN(list.map(one => one.square().sum())).asScalar()), false, list);
      };
      loss(a, c);
      loss(b, d);
      loss(a, c);
      expect(opt.parts[0].variables).toEqual([a, b]);
      expect(opt.parts[1].variables).toEqual([c, d]);
      expect(opt.state.get(c)['step']).toBe(2);
      expect(opt.state.get(d)['step']).toBe(1);
      opt.dispose();
      tf.dispose([a, b, c, d]);
    });
  },
  ['cpu', 'wasm'],
);
