import {
  accumulate,
  adam,
  ema,
  lookahead,
  muon,
  type Optimizer,
  OptimWrapper,
  partition,
  scheduleFree,
  sgd,
  swa,
  withAverages,
} from '../src';
import {describeBackends} from './support/backends';
import {present} from './support/present';
import {tf} from './support/tfjs';
import {suiteWith} from './support/vectors';

const OPTIMIZERS: Readonly<Record<string, () => Optimizer>> = {
  adam: () => adam(0.1),
  'adam that skips': () => adam(0.1, {skipNonFinite: true}),
  'accumulated sgd': () => sgd(0.1, {callbacks: [...accumulate(2)]}),
  ema: () => ema(adam(0.1)),
  swa: () => swa(sgd(0.1)),
  lookahead: () => lookahead(sgd(0.1), {k: 2}),
  scheduleFree: () => scheduleFree('sgd', 0.1),
  partition: () => partition([{of: ({rank}: tf.Variable) => rank === 1, by: sgd(0.1)}, {by: adam(0.1)}]),
  'ema over a partition': () => ema(partition([{by: sgd(0.1)}])),
  muon: () => muon(0.1),
  OptimWrapper: () => new OptimWrapper(tf.train.adam(0.1)),
  'ema over OptimWrapper': () => ema(new OptimWrapper(tf.train.adam(0.1))),
};

describeBackends('Variables that are disposed between steps', () => {
  afterEach(() => tf.env().set('OPTIM_FUSING', true));
  const variable = (value: number) => tf.tidy(() => tf.variable(tf.tensor1d([value])));
  const step = (optimizer: Optimizer, ...variables: readonly tf.Variable[]) => {
    tf.tidy(() => {
      optimizer.applyGradients(variables.map(({name}) => ({name, tensor: tf.tensor1d([1])})));
    });
  };
  for (const fusing of [true, false]) {
    const spec = suiteWith(fusing);
    for (const [name, make] of Object.entries(OPTIMIZERS)) {
      spec(`leave, with their state: ${name}`, async () => {
        const optimizer = make();
        const [first, second] = [variable(1), variable(2)];
        step(optimizer, first, second);
        step(optimizer, first, second);
        first.dispose();
        step(optimizer, second);
        const third = variable(3);
        step(optimizer, second, third);
        expect(optimizer.paramLists.flat()).toEqual([second, third]);
        second.dispose();
        const {state, shared} = optimizer.stateDict();
        expect(state.length).toBe(1);
        tf.dispose([...state.flatMap(entries => Object.values(entries)), shared ?? {}].filter(Boolean));
        third.dispose();
        optimizer.clearState();
        const fourth = variable(4);
        step(optimizer, fourth);
        expect([...(await fourth.data())][0]).toBeLessThan(4.001);
        optimizer.dispose();
        fourth.dispose();
      });
      spec(`leave, with their state, by tf.disposeVariables(): ${name}`, async () => {
        const optimizer = make();
        const all = [1, 2].map(variable);
        for (let i = 0; i < 3; i++) step(optimizer, ...all);
        tf.disposeVariables();
        expect(optimizer.paramLists.flat()).toEqual([]);
        const later = variable(3);
        for (let i = 0; i < 3; i++) step(optimizer, later);
        expect(optimizer.paramLists.flat()).toEqual([later]);
        expect([...(await later.data())][0]).toBeLessThan(3);
        if (/ema|swa|scheduleFree/.test(name)) {
          optimizer.eval();
          tf.disposeVariables();
          optimizer.train();
          optimizer.rebase();
        }
        tf.disposeVariables();
        const fresh = variable(4);
        for (let i = 0; i < 3; i++) optimizer.minimize(() => tf.sum(tf.square(fresh)), false, [fresh]);
        optimizer.dispose();
        fresh.dispose();
      });
      if (/ema|swa|scheduleFree/.test(name))
        spec(`leave before, within and after eval(): ${name}`, async () => {
          const optimizer = make();
          const all = [1, 2, 3, 4].map(variable);
          const [first, second, third, fourth] = all.map(one => present(one));
          step(optimizer, ...all);
          first?.dispose();
          withAverages(optimizer, () => second?.dispose());
          optimizer.eval();
          third?.dispose();
          optimizer.train();
          optimizer.rebase();
          optimizer.watchWeights();
          step(optimizer, present(fourth));
          withAverages(optimizer, () => undefined);
          expect(optimizer.paramLists.flat()).toEqual([present(fourth)]);
          optimizer.getConfig();
          tf.dispose((await optimizer.getWeights()).map(({tensor}) => tensor));
          optimizer.dispose();
          fourth?.dispose();
        });
    }
  }
});
