import {
  accumulate,
  adafactor,
  adamW,
  applyOpenWindow,
  callback,
  clipGlobalNorm,
  cos,
  ema,
  exp,
  fineTune,
  fitOneCycle,
  l2Reg,
  lamb,
  larc,
  larcLayerLr,
  larcStep,
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
  prodigy,
  prodigyStep,
  ranger,
  reduceLROnPlateau,
  saveOptimizer,
  sgd,
  sgdStep,
  slice,
  stableAdamW,
  zeros,
} from '../src';
import {UnregisteredPartition} from '../src/optimizer/unregistered';
import {describeBackends} from './support/backends';
import {bitsOf, snapshot} from './support/bits';
import {leakless} from './support/leakless';
import {memoryHandler} from './support/memory_handler';
import {present} from './support/present';
import {disposeModels, expectSame, reloaded} from './support/resuming';
import {compiled, smallNet, train} from './support/small_net';
import {tf} from './support/tfjs';
import {gradientNumbers, variablesOf} from './support/training';
import {call} from './support/untyped_call';

/** Kernels, which the first part takes, and biases, by turns. The first two are one group of the user. */
const SHAPES = [[3, 2], [4], [2, 2], [3]];
const isKernel = ({rank}: tf.Variable): boolean => rank === 2;

interface Settings {
  readonly params?: tf.Variable[][];
}

/** Takes an update and halves it: the part without it must not turn its steps into updates. */
const halfUpdate = callback('halfUpdate', {takesUpdate: true}, ({update}) => ({update: update.mul(0.5)}));
/** Counts the steps of a group. */
const groupTurns = callback(
  'groupTurns',
  {groupState: {turns: 0}, group: ({turns}) => ({turns: turns + 1})},
  () => ({}),
);
/** Two uses of one name, which can't be in one chain. */
const countsTest = callback('countsTest', {state: {tally: 0}}, ({grad, tally}) => ({
  grad: grad.mul(1 + tally),
  tally: tally + 1,
}));
const sumsTest = callback('sumsTest', {state: {tally: zeros}}, ({grad, tally}) => ({
  grad: tally.add(grad),
  tally: tally.add(grad),
}));
/** Can't be traced, so it runs alone. */
const centersTest = callback('centersTest', {takesUpdate: true}, ({update}) => {
  if (!(update instanceof tf.Tensor)) throw new Error('It takes tensors alone.');
  return {update: update.sub(tf.mean(update, 0, true))};
});
const kernels = (settings: Settings): Optimizer => sgd(0.1, {mom: 0.9, wd: 0.02, ...settings});
const biases = (settings: Settings): Optimizer => adamW(0.03, settings);

/** `verbose` by number, as in examples of tfjs. */
const QUIET = {verbose: 0};

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
    name: 'a callback that runs alone in one part, and a total in the other',
    first: settings => sgd(0.1, {after: [centersTest], ...settings}),
    second: settings => adamW(0.03, {callbacks: [clipGlobalNorm], globalClipNorm: 0.1, ...settings}),
    act: trainer => {
      trainer.steps(3);
    },
  },
  {
    name: 'Lookahead around it with freezing and missing gradients',
    around: inner => lookahead(inner, {k: 2}),
    act: trainer => {
      trainer.steps(1, [0, 3]);
      trainer.optimizer.freeze();
      trainer.steps(2, [2, 3]);
      trainer.optimizer.unfreeze();
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

  it('skips a step in all parts, or in one, and counts it', async () => {
    const poisoned = (variables: readonly tf.Variable[], which: number) =>
      variables.map(({name, shape}, i) => ({name, tensor: tf.fill(shape, i === which ? NaN : 1)}));
    const inAll = () => partition([{of: isKernel, by: kernels({})}, {by: biases({})}], {skipNonFinite: true});
    const inOne = () =>
      partition([{of: isKernel, by: sgd(0.1, {skipNonFinite: true, after: [groupTurns]})}, {by: biases({})}]);
    for (const [make, moves] of [
      [inAll, SHAPES.map(() => false)],
      [inOne, SHAPES.map(({length}) => length === 1)],
    ] as const) {
      const variables = variablesOf(SHAPES);
      const optimizer: Optimizer = make();
      const before = await bitsOf(variables);
      // The first variable is a kernel.
      tf.tidy(() => {
        optimizer.applyGradients(poisoned(variables, 0));
      });
      expect((await bitsOf(variables)).map((bits, i) => String(bits) !== String(before[i]))).toEqual([...moves]);
      expect(await optimizer.skipped()).toBe(1);
      tf.tidy(() => {
        optimizer.applyGradients(poisoned(variables, -1));
      });
      expect((await bitsOf(variables)).every((bits, i) => String(bits) !== String(before[i]))).toBeTrue();
      expect(await optimizer.skipped()).toBe(1);
      expect(await optimizer.shared()).toEqual({skipped: 1});
      const loaded: unknown = Partition.fromConfig(Partition, optimizer.getConfig());
      if (!(loaded instanceof Partition)) throw new Error('A partition was saved.');
      await loaded.setWeights(
        (await optimizer.getWeights()).map(({name, tensor}) => ({name, tensor: tensor.clone()})),
      );
      expect(await loaded.skipped()).toBe(1);
      loaded.dispose();
      optimizer.dispose();
      tf.dispose(variables);
    }
  });

  it('refuses weights by names before its variables are attached: their parts are not known', async () => {
    const variables = variablesOf(SHAPES);
    const trainer = new Trainer(partition([{of: variables.slice(0, 2), by: sgd(0.1)}, {by: adamW(0.1)}]), variables);
    trainer.steps(1);
    const weights = await trainer.optimizer.getWeights();
    const fresh = partition([{of: variables.slice(0, 2), by: sgd(0.1)}, {by: adamW(0.1)}]);
    await expectAsync(fresh.setWeights(weights)).toBeRejectedWithError(/'.+' is not bound; attach it first/);
    for (const optimizer of [trainer.optimizer, fresh]) optimizer.dispose();
    tf.dispose(variables);
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
      const trainer = new Trainer(partition([{of: isKernel, by: kernels({})}, {by: biases({})}]), variables);
      tf.tidy(() => {
        trainer.steps(2);
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
        ...QUIET,
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
        ...QUIET,
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
        ...QUIET,
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

describeBackends(
  'the API of a partition',
  () => {
    let variables: tf.Variable[] = [];
    const made: Optimizer[] = [];
    const keep = <O extends Optimizer>(optimizer: O): O => {
      made.push(optimizer);
      return optimizer;
    };
    beforeEach(() => {
      variables = variablesOf(SHAPES, 'v');
    });
    afterEach(() => {
      for (const optimizer of made.splice(0)) optimizer.dispose();
      tf.dispose(variables);
    });
    const grouped = () =>
      keep(
        partition([{of: isKernel, by: sgd(0.1, {mom: 0.9})}, {by: adamW(0.01, {wd: 0.1})}], {
          params: [variables.slice(0, 2), variables.slice(2)],
        }),
      );

    it('has groups of the user, divided by part', () => {
      const opt = grouped();
      const [first, second, third, fourth] = variables;
      expect(opt.paramLists).toEqual([
        [present(first), present(second)],
        [present(third), present(fourth)],
      ]);
      expect(opt.paramGroups.map(({params}) => params)).toEqual(variables.map(variable => [variable]));
      expect(opt.hypers.map(({lr}) => lr)).toEqual([0.1, 0.01, 0.1, 0.01]);
      expect(opt.summary().map(({variable, group, part}) => [variable, group, part])).toEqual([
        ['v0', 0, 0],
        ['v1', 0, 1],
        ['v2', 1, 0],
        ['v3', 1, 1],
      ]);
      expect(opt.allParams(-1).map(({variable, group, hypers}) => [variable.name, group, hypers['lr']])).toEqual([
        ['v2', 1, 0.1],
        ['v3', 1, 0.01],
      ]);
      expect(opt.toString()).toBe(
        'Partition: lr [0.1, 0.01, 0.1, 0.01], mom 0.9, wd [0, 0.1, 0, 0.1], sqrMom 0.999, eps 1e-8; ' +
          'parameters by group: 2, 2; steps: 0',
      );
      opt.paramLists = [[present(fourth), present(first)], [present(third)]];
      expect(opt.paramGroups.map(({params}) => params)).toEqual(
        [[first], [fourth], [third], []].map(group => group.filter(variable => variable !== undefined)),
      );
    });

    it('sets hypers where there are any', () => {
      const opt = grouped();
      opt.setHyper('sqrMom', [0.5, 0.6]);
      expect(opt.hypers.map(({sqrMom}) => sqrMom)).toEqual([undefined, 0.5, undefined, 0.6]);
      opt.setHyper(
        'lr',
        opt.hypers.map(({lr}) => Number(lr) / 2),
      );
      expect(opt.hypers.map(({lr}) => lr)).toEqual([0.05, 0.005, 0.05, 0.005]);
      opt.setHyper({lr: 1, wd: [0.1, 0.2]});
      expect(opt.hypers.map(({lr, wd}) => [lr, wd])).toEqual([
        [1, 0.1],
        [1, 0.1],
        [1, 0.2],
        [1, 0.2],
      ]);
      present(opt.hypers[1])['lr'] = 2;
      opt.parts[0].setHyper('lr', [3, 4]);
      opt.parts[1].setHyper({eps: 0.5});
      expect(opt.hypers.map(({lr}) => lr)).toEqual([3, 2, 4, 1]);
      present(opt.parts[1].hypers[1]).lr = 5;
      expect(opt.parts[1].hypers.map(({lr, eps}) => [lr, eps])).toEqual([
        [2, 0.5],
        [5, 0.5],
      ]);
      expect(opt.learningRate).toBe(5);
      expect(() => {
        opt.setHyper('beta', 1);
      }).toThrowError("No callback of this optimizer has a hyper 'beta'. Known: lr, mom, wd, sqrMom, eps.");
      expect(() => {
        opt.setHyper({lr: 1, mom: 2});
      }).toThrowError("'mom' must be in [0, 1); got 2.");
      expect(() => {
        opt.setHyper('lr', [1, 2, 3]);
      }).toThrowError('Trying to set 3 values for lr but there are 2 parameter groups.');
      // A value for each row of `hypers` is one for all parts, and none for one part.
      expect(() => {
        opt.parts[0].setHyper('lr', [1, 2, 3, 4]);
      }).toThrowError('Trying to set 4 values for lr but there are 2 parameter groups.');
      expect(() => {
        Object.assign(opt.parts[0], {lr: 1});
      }).toThrowError(TypeError);
      expect(opt.hypers.map(({lr}) => lr)).toEqual([3, 2, 4, 5]);
    });

    it('schedules one part, and leaves momentum alone where a part keeps it', () => {
      const [of, params] = [isKernel, variables];
      const opt = keep(partition([{of, by: sgd(0.1, {mom: 0.9}), keepMom: true}, {by: adamW(0.01)}], {params}));
      opt.parts[1].setSchedule({lr: lin(0.01, 0)}, {steps: 2});
      expect(opt.parts[0].schedule).toBeUndefined();
      expect(opt.schedule?.at(0.5)).toEqual({lr: [0.1, 0.005]});
      opt.parts[1].clearSchedule();
      expect(opt.schedule).toBeUndefined();
      opt.setSchedule(oneCycle(), {steps: 4});
      expect(opt.parts.map(({schedule}) => Object.keys(present(schedule).at(0)))).toEqual([['lr'], ['lr', 'mom']]);
      opt.setSchedule(oneCycle({moms: [0.9, 0.8, 0.9]}), {steps: 4});
      expect(opt.schedule?.at(0)['mom']).toEqual([0.9, 0.9]);
      expect(() => {
        opt.setSchedule({beta: lin(0, 1)}, {steps: 2});
      }).toThrowError(/no callback.*'beta'/i);
      expect(() => {
        opt.setSchedule({lr: lin(0, 1), mom: lin(0, 2)}, {steps: 2});
      }).toThrowError(/'mom' must be in/);
      expect(opt.schedule?.steps).toBe(4);
    });

    it('names what runs on a part', () => {
      const opt = keep(
        partition([{of: isKernel, by: sgd(0.1)}, {by: sgd(0.2)}], {
          callbacks: [clipGlobalNorm],
          after: [halfUpdate],
          globalClipNorm: 1,
        }),
      );
      expect(opt.parts.map(({callbacks}) => callbacks.map(({name}) => name))).toEqual([
        ['clipGlobalNorm', 'weightDecay', 'sgdStep', 'halfUpdate'],
        ['clipGlobalNorm', 'weightDecay', 'sgdStep', 'halfUpdate'],
      ]);
      expect(opt.callbacks.length).toBe(6);
      expect(opt.parts[0].hypers).toEqual([{lr: 0.1, mom: 0, wd: 0, globalClipNorm: 1}]);
    });

    it('takes layers and models, and warns once of a part that takes nothing', () => {
      const model = smallNet('net');
      const warned = spyOn(console, 'warn');
      const opt = keep(
        partition(
          [
            {of: present(model.layers[0]), by: sgd(0.1)},
            {of: model, by: sgd(0.2)},
            {of: () => false, by: sgd(0.3)},
            {by: sgd(0.4)},
          ],
          {params: model},
        ),
      );
      opt.attach(variables);
      expect(warned.calls.allArgs().flat().map(String)).toEqual([
        jasmine.stringMatching(/the part 2 of a partition has taken none of 6 variables; check its `of`/),
      ]);
      expect(opt.parts.map(part => part.variables.length)).toEqual([2, 4, 0, 4]);
      model.dispose();
    });

    it('takes over the optimizers of its parts', () => {
      const inner = sgd(0.1);
      keep(partition([{by: inner}]));
      expect(() => inner.hypers).toThrowError(
        "This optimizer can't be used any more: it is part of a Partition now. Use that one.".replace(
          'a Partition',
          'a TfjsOptimPartition',
        ),
      );
      const opt = keep(partition([{of: isKernel, by: sgd(0.1)}, {by: adamW(0.2)}]));
      const [part] = opt.parts;
      keep(lookahead(opt));
      expect(() => part.hypers).toThrowError(/it is part of a/);
    });

    const refuse =
      (...args: unknown[]): (() => unknown) =>
      () =>
        call(partition, ...args);
    const used = () => {
      const optimizer = keep(sgd(0.1));
      optimizer.attach([present(variables[0])]);
      return optimizer;
    };
    const twice = sgd(0.1);
    const REFUSED: ReadonlyArray<readonly [what: string, args: () => unknown[], message: RegExp]> = [
      ['no list', () => [{by: sgd()}], /^partition takes a list of parts; got \{by: an SGD\}\. Write partition\(/],
      ['an empty list', () => [[]], /^partition takes a list of parts; got \[\]\. Write partition\(/],
      ['an optimizer as a part', () => [[sgd()]], /^Part 0 must be \{of, by\}; got an SGD\./],
      ['a part without `by`', () => [[{of: isKernel}, {by: sgd()}]], /^Part 0 must have `by`.*got undefined/],
      ['another key', () => [[{by: sgd(), if: 1}]], /^Part 0 has 'if'; a part has only/],
      ['a tf.train optimizer', () => [[{by: tf.train.sgd(1)}]], /^Part 0 must have `by`, an optimizer of tfjs-optim/],
      ['a last part with `of`', () => [[{of: isKernel, by: sgd()}]], /^The last part takes the rest/],
      ['a part in the middle without `of`', () => [[{by: sgd()}, {by: sgd()}]], /^Part 0 has no `of`/],
      ['no variables', () => [[{of: 3, by: sgd()}, {by: sgd()}]], /^`of` of part 0 must be/],
      [
        'an optimizer twice',
        () => [[{of: isKernel, by: twice}, {by: twice}]],
        /^Part 0 and part 1 have the same optimizer/,
      ],
      [
        'a wrapper',
        () => [[{by: keep(new OptimWrapper(tf.train.sgd(1)))}]],
        /^Part 0 is of the class OptimWrapper; use/,
      ],
      ['Lookahead', () => [[{by: keep(ranger())}]], /^Part 0 is of the class Lookahead; put it around the partition/],
      ['averages', () => [[{by: keep(ema(sgd()))}]], /^Part 0 is of the class Ema; put it around/],
      ['a partition', () => [[{by: keep(partition([{by: sgd()}]))}]], /^Part 0 is a partition itself; list its parts/],
      ['params inside', () => [[{by: keep(sgd(1, {params: variables}))}]], /^The optimizer of part 0 has `params`/],
      ['a used optimizer', () => [[{by: used()}]], /^The optimizer of part 0 was used before/],
      ['a setting inside', () => [[{by: keep(sgd(1, {wdBnBias: true}))}]], /^The optimizer of part 0 sets wdBnBias/],
      [
        'a hyper as a setting',
        () => [[{by: sgd()}], {lr: 1}],
        /^partition has no setting 'lr'.*to the optimizer of a part/,
      ],
      ['a missing hyper', () => [[{by: sgd()}], {callbacks: [clipGlobalNorm]}], /'globalClipNorm' has no default/],
      [
        'one count in two places',
        () => [[{by: sgd(1, {callbacks: accumulate(2)})}], {callbacks: accumulate(2)}],
        /^countCalls of part 0 and a callback for all parts both count 'call'/,
      ],
      [
        'a shared number in two parts',
        () => [[{of: isKernel, by: sgd(1, {skipNonFinite: true})}, {by: sgd(1, {skipNonFinite: true})}]],
        /^skipNonFinite of part 0 and skipNonFinite of part 1 both have the shared number 'skipped'/,
      ],
      [
        'decay in a part and for all parts',
        () => [[{of: isKernel, by: new Optimizer([sgdStep], {lr: 1})}, {by: sgd()}], {after: [l2Reg]}],
        /^The part 'SGD' decays its weights by weightDecay, and l2Reg for all parts would decay them again; leave/,
      ],
      [
        'decay in the step of a list of callbacks and for all parts',
        () => [[{by: new Optimizer([prodigyStep], {})}], {callbacks: [l2Reg]}],
        /^The part 'Optimizer' decays its weights by prodigyStep, and l2Reg for all parts would decay them again/,
      ],
      ...[prodigy, adafactor, stableAdamW].map((rule): readonly [string, () => unknown[], RegExp] => [
        'decay in the step of a part and for all parts',
        () => [[{by: keep(rule())}], {callbacks: [l2Reg]}],
        /^The part '\w+' decays its weights by \w+Step, and l2Reg for all parts would decay them again; leave/,
      ]),
      ['keepMom', () => [[{by: sgd(), keepMom: 1}]], /^Part 0: 'keepMom' must be true or false; got 1/],
      ['a name', () => [[{by: sgd(), name: 1}]], /^Part 0: 'name' must be a text such as 'head'; got 1/],
    ];
    for (const [what, args, message] of REFUSED)
      it(`refuses ${what}`, () => {
        const given = args();
        expect(refuse(...given)).toThrowError(message);
      });

    it('takes a decay for all parts beside a rule that reads `wd`, and does not decay', () => {
      const rule = new Optimizer([larcLayerLr, larcStep], {lr: 1});
      expect(refuse([{by: rule}], {callbacks: [l2Reg]})).not.toThrowError();
    });

    it('changes nothing where it refuses', () => {
      const first = keep(sgd(0.1));
      expect(refuse([{of: isKernel, by: first}, {by: keep(ranger())}])).toThrowError();
      expect(first.learningRate).toBe(0.1);
    });

    it('refuses an answer of `of` that is neither true nor false', () => {
      const opt = refuse([{of: Object.keys, by: sgd()}, {by: sgd()}])();
      if (!(opt instanceof Partition)) throw new Error('It must be a partition.');
      keep(opt);
      expect(() => {
        opt.attach(variables);
      }).toThrowError(/^`of` must return true or false; for 'v0' it returned/);
    });

    it('is refused when it is loaded without being known', async () => {
      const opt = keep(partition([{of: isKernel, by: sgd()}, {by: sgd()}]));
      const config = opt.getConfig();
      expect(() => UnregisteredPartition.fromConfig(UnregisteredPartition, {})).toThrowError(
        /call Partition\.register\(\) before loading it/,
      );
      expect(() => UnregisteredPartition.fromConfig(UnregisteredPartition, {rules: [{name: 'muon'}]})).toThrowError(
        /made with muon\. Before loading it, call Partition\.register\(\) and muon\.register\(\), with `import/,
      );
      expect(UnregisteredPartition.className).toBe(opt.getClassName());
      const parts = config['parts'];
      for (const wrong of [
        {...config, parts: []},
        {...config, groups: []},
        {...config, parts: [{callbacks: [0]}]},
        // Indices of callbacks that are not there, or are in two parts.
        ...[[1, 9], [1, -1], [1, 0.5], [1, 1], [0]].map(callbacks => ({
          ...config,
          parts: [
            {callbacks: [0], keepsMom: false},
            {callbacks, keepsMom: false},
          ],
        })),
      ])
        expect(() => Partition.fromConfig(Partition, wrong)).toThrowError(/not a configuration/);
      expect(Array.isArray(parts)).toBeTrue();
      expect(Object.keys(await snapshot(opt, []))).toContain('hypers');
    });
  },
  ['cpu'],
);
