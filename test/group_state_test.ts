import {accumulate, callback, lookahead, Optimizer, required, type Value} from '../src';
import {describeBackends} from './support/backends';
import {expectClose} from './support/close';
import {leakless} from './support/leakless';
import {tf} from './support/tfjs';
import {step, variableOf} from './support/vectors';

/** A step at a rate that falls with the group's own steps, and with its hyper `decay` (the formula of Adamax's). */
const falling = callback(
  'fallingTest',
  {
    hypers: {lr: required, fall: 0.5},
    groupState: {steps: 0, rate: 1},
    group: ({steps, rate, fall}) => ({steps: steps + 1, rate: rate / (1 + fall * (steps + 1) * 0.1)}),
    total: ({grad, steps}) => ({weighted: grad.square().sum().mul(steps)}),
  },
  ({p, grad, lr, rate, total}) => ({p: p.sub(grad.mul(lr * rate)).sub(total.weighted.mul(1e-3))}),
);
const shown = callback(
  'shownTest',
  {hypers: {lr: required}, groupState: {k: 1}, group: ({k}) => ({k: k * 3}), evaluate: ({p, k}) => ({p: p.mul(k)})},
  ({p, grad, lr}) => ({p: p.sub(grad.mul(lr))}),
);
const everywhere = callback(
  'everywhereTest',
  {hypers: {lr: required}, everyParameter: true, groupState: {k: 0}, group: ({k}) => ({k: k + 1})},
  ({p, grad, lr, k}) => (grad === undefined ? {} : {p: p.sub(grad.mul(lr * k))}),
);
/** Runs alone, because it reverses the gradient. */
const aloneTest = callback(
  'aloneCountTest',
  {hypers: {lr: required}, groupState: {k: 0}, group: ({k}) => ({k: k + 1})},
  ({p, grad, lr, k}) => {
    if (!(grad instanceof tf.Tensor)) throw new Error('It needs a tensor.');
    const reversed: Value = tf.reverse(grad);
    return {p: p.sub(reversed.mul(lr * k))};
  },
);

type Numbers = Readonly<Record<string, number>>;

/** What the optimizer holds for each group. */
function numbersOf(optimizer: Optimizer): readonly Numbers[] {
  const dict = optimizer.stateDict();
  tf.dispose(dict.state.flatMap(state => Object.values(state)).filter(value => value instanceof tf.Tensor));
  return dict.groupState ?? [];
}

function fallingBy(steps: number, fall = 0.5): Numbers {
  let rate = 1;
  for (let i = 1; i <= steps; i++) rate /= 1 + fall * i * 0.1;
  return {steps, rate};
}

describeBackends(
  'numbers of a group',
  () => {
    afterEach(() => tf.env().set('OPTIM_FUSING', true));

    for (const fusing of [true, false]) {
      const how = fusing ? 'fused' : 'eager';

      it(`are computed once per group and step, with the group's hypers, ${how}`, () =>
        leakless(async () => {
          tf.env().set('OPTIM_FUSING', fusing);
          const variables = [variableOf([1, 2]), variableOf([3]), variableOf([4, 5, 6])];
          const [a, b, c] = variables;
          if (a === undefined || b === undefined || c === undefined) throw new Error('There are three.');
          const optimizer = new Optimizer([falling], {lr: 0.1, fall: [0.5, 2], params: [[a, b], [c]]});
          const grads = [
            [a, [0.5, -1]],
            [b, [2]],
            [c, [1, -1, 0.25]],
          ] as const;
          const expected = [[1, 2], [3], [4, 5, 6]];
          for (let i = 1; i <= 3; i++) {
            step(optimizer, ...grads);
            const weighted = grads.flatMap(([, grad]) => [...grad]).reduce((sum, g) => sum + g * g * i, 0);
            grads.forEach(([, grad], j) => {
              const {rate = NaN} = fallingBy(i, j === 2 ? 2 : 0.5);
              expected[j] = expected[j]?.map((p, k) => p - 0.1 * rate * (grad[k] ?? NaN) - 1e-3 * weighted) ?? [];
            });
          }
          for (const [j, variable] of variables.entries())
            expectClose([...(await variable.data())], expected[j] ?? [], 1e-6);
          expect(numbersOf(optimizer)).toEqual([fallingBy(3), fallingBy(3, 2)]);
          optimizer.dispose();
          tf.dispose(variables);
        }));

      it(`go on only where the callback runs on a parameter of the group, ${how}`, () =>
        leakless(async () => {
          tf.env().set('OPTIM_FUSING', fusing);
          const [a, b] = [variableOf([1]), variableOf([2])];
          const optimizer = new Optimizer([...accumulate(2), falling], {lr: 0.1, params: [[a], [b]]});
          const both = [
            [a, [1]],
            [b, [1]],
          ] as const;
          const run = (...grads: ReadonlyArray<readonly [tf.Variable, readonly number[]]>) => {
            step(optimizer, ...grads);
          };
          run(...both);
          expect(numbersOf(optimizer).map(({steps}) => steps))
            .withContext('held back')
            .toEqual([0, 0]);
          run(...both);
          expect(numbersOf(optimizer).map(({steps}) => steps)).toEqual([1, 1]);
          optimizer.freezeTo(1);
          run(both[1]);
          run(both[1]);
          expect(numbersOf(optimizer).map(({steps}) => steps))
            .withContext('frozen')
            .toEqual([1, 2]);
          optimizer.unfreeze();
          run(both[0]);
          run(both[0]);
          expect(numbersOf(optimizer).map(({steps}) => steps))
            .withContext('no gradient')
            .toEqual([2, 2]);
          await a.data();
          optimizer.clearState();
          expect(numbersOf(optimizer)).toEqual([fallingBy(0), fallingBy(0)]);
          optimizer.dispose();
          tf.dispose([a, b]);
        }));

      it(`stay where a step throws, ${how}`, () =>
        leakless(() => {
          tf.env().set('OPTIM_FUSING', fusing);
          const a = variableOf([1]);
          let isFaulty = false;
          const faulty = callback('faultyTest', {}, ({p}) => {
            if (isFaulty) throw new Error('on purpose');
            return {p};
          });
          const optimizer = new Optimizer([falling, faulty], {lr: 0.1, params: [a]});
          step(optimizer, [a, [1]]);
          isFaulty = true;
          expect(() => {
            step(optimizer, [a, [1]]);
          }).toThrowError('on purpose');
          expect(numbersOf(optimizer)).toEqual([fallingBy(1)]);
          optimizer.dispose();
          a.dispose();
        }));

      it(`steps with everyParameter also where nothing has a gradient, ${how}`, () =>
        leakless(async () => {
          tf.env().set('OPTIM_FUSING', fusing);
          const [a, b] = [variableOf([1]), variableOf([2])];
          const optimizer = new Optimizer([everywhere], {lr: 0.5, params: [[a], [b]]});
          step(optimizer, [a, [1]]);
          step(optimizer, [b, [1]]);
          expect(numbersOf(optimizer)).toEqual([{k: 2}, {k: 2}]);
          expectClose([...(await a.data()), ...(await b.data())], [0.5, 1], 1e-6);
          optimizer.dispose();
          tf.dispose([a, b]);
        }));
    }

    it('reach a callback that runs alone', () =>
      leakless(async () => {
        const a = variableOf([1, 2]);
        const optimizer = new Optimizer([aloneTest], {lr: 0.5, params: [a]});
        step(optimizer, [a, [1, 3]]);
        step(optimizer, [a, [1, 3]]);
        expect(numbersOf(optimizer)).toEqual([{k: 2}]);
        expectClose([...(await a.data())], [1 - 0.5 * 9, 2 - 0.5 * 3], 1e-6);
        optimizer.dispose();
        a.dispose();
      }));

    it('are shown to evaluate as the last step left them', () =>
      leakless(async () => {
        const a = variableOf([1]);
        const optimizer = new Optimizer([shown], {lr: 0.5, params: [a]});
        step(optimizer, [a, [1]]);
        step(optimizer, [a, [1]]);
        optimizer.eval();
        expectClose([...(await a.data())], [0], 1e-6);
        optimizer.train();
        step(optimizer, [a, [-2]]);
        optimizer.eval();
        expectClose([...(await a.data())], [27], 1e-6);
        optimizer.dispose();
        a.dispose();
      }));

    it('are saved and resumed bit for bit, in every way', () =>
      leakless(async () => {
        const made = () => {
          const variables = [variableOf([1, 2]), variableOf([3])] as const;
          const [a, b] = variables;
          const optimizer = lookahead(new Optimizer([falling], {lr: 0.1, fall: [0.3, 0.7], params: [[a], [b]]}));
          const run = () => {
            step(optimizer, [a, [0.5, -1]], [b, [2]]);
          };
          return {variables, optimizer, run};
        };
        const one = made();
        for (let i = 0; i < 3; i++) one.run();
        const weights = await one.optimizer.getWeights();
        const dict = one.optimizer.stateDict();

        const two = made();
        await two.optimizer.setWeights(weights);
        const three = made();
        three.optimizer.loadStateDict(dict);
        expect(numbersOf(two.optimizer)).toEqual([fallingBy(3, 0.3), fallingBy(3, 0.7)]);
        const values = await Promise.all(one.variables.map(variable => variable.data()));
        one.run();
        const after = await Promise.all(one.variables.map(variable => variable.data()));
        for (const {variables, optimizer, run} of [two, three]) {
          tf.tidy(() => {
            variables.forEach((variable, i) => variable.assign(tf.tensor1d([...(values[i] ?? [])])));
          });
          run();
          expect(await Promise.all(variables.map(variable => variable.data()))).toEqual(after);
          expect(numbersOf(optimizer)).toEqual(numbersOf(one.optimizer));
        }
        const {groupState, ...older} = dict;
        expect(groupState?.length).toBe(2);
        three.optimizer.loadStateDict(older);
        expect(numbersOf(three.optimizer)).toEqual([fallingBy(0), fallingBy(0)]);
        tf.dispose(dict.state.flatMap(state => Object.values(state)).filter(value => value instanceof tf.Tensor));
        for (const {variables, optimizer} of [one, two, three]) {
          optimizer.dispose();
          tf.dispose([...variables]);
        }
      }));

    it('refuse what no group can hold', () =>
      leakless(() => {
        const a = variableOf([1]);
        const returning = (result: object) =>
          callback('badGroupTest', {groupState: {k: 0}, group: () => ({...result})}, ({p}) => ({p}));
        const error = (result: object) => () => {
          const optimizer = new Optimizer([returning(result)], {params: [a]});
          try {
            step(optimizer, [a, [1]]);
          } finally {
            optimizer.dispose();
          }
        };
        expect(error({k: NaN})).toThrowError(
          "badGroupTest: group returned the number NaN for 'k'; it must return a finite number.",
        );
        expect(error({j: 1})).toThrowError(
          "badGroupTest: group returned 'j', which it does not declare; it may return k.",
        );
        expect(() => new Optimizer([shown, everywhere], {lr: 0.1})).toThrowError(
          "'k' is a number of groups of shownTest and of everywhereTest; only one callback can have it. " +
            'Rename one of them, or use one callback once.',
        );
        expect(() => callback('x', {groupState: {k: 0}}, () => ({}))).toThrowError(
          /groupState and group belong together/,
        );
        expect(() => callback('x', {groupState: {k: Infinity}, group: () => ({})}, () => ({}))).toThrowError(
          'x: groupState.k must be finite; got Infinity.',
        );
        const optimizer = new Optimizer([falling], {lr: 0.1, params: [a]});
        const dict = optimizer.stateDict();
        expect(() => {
          optimizer.loadStateDict({...dict, groupState: []});
        }).toThrowError(/the numbers of 0 groups/);
        expect(() => {
          optimizer.loadStateDict({...dict, groupState: [{other: 1}]});
        }).toThrowError(/the number of a group 'other'/);
        expect(() => {
          optimizer.loadStateDict({...dict, groupState: [{steps: NaN}]});
        }).toThrowError(/must be finite; got NaN/);
        optimizer.dispose();
        a.dispose();
      }));

    it('are given to a callback that is called alone, or are those of its first step', () =>
      leakless(async () => {
        const [p, grad] = [tf.tensor1d([1]), tf.tensor1d([1])];
        const first = tf.tidy(() => everywhere({p, grad, lr: 0.5}).p);
        const third = tf.tidy(() => everywhere({p, grad, lr: 0.5, k: 3}).p);
        if (!(first instanceof tf.Tensor) || !(third instanceof tf.Tensor)) throw new Error('They are tensors.');
        expectClose([...(await first.data()), ...(await third.data())], [0.5, -0.5], 1e-6);
        tf.dispose([p, grad, first, third]);
      }));
  },
  ['cpu', 'wasm', 'webgl', 'webgpu'],
);
