import {adam, callback, ema, lookahead, Optimizer, OptimWrapper, type ParamGroups, ranger, sgd, sgdStep} from '../src';
import {describeBackends} from './support/backends';
import {bitsOf} from './support/bits';
import {leakless} from './support/leakless';
import {present} from './support/present';
import {tf} from './support/tfjs';
import {stateOf, train, valuesOf, variablesOf} from './support/training';

const SHAPES = [[2, 3], [5], []];

/** Moves every parameter towards 0 in each step, frozen or not, and counts. */
const shrink = callback('testShrink', {state: {shrunk: 0}, everyParameter: true}, ({p, shrunk}) => ({
  p: p.mul(0.9),
  shrunk: shrunk + 1,
}));

const MAKERS: Readonly<Record<string, (params: ParamGroups) => Optimizer>> = {
  ranger: params => ranger(0.1, {params}),
  'lookahead over sgd': params => lookahead(sgd(0.1, {params}), {k: 2}),
  'averages over lookahead': params => ema(lookahead(adam(0.1, {params}), {k: 3}), {decay: 0.5}),
  'a callback for every parameter': params => new Optimizer([sgdStep, shrink], {lr: 0.1, params}),
  'lookahead over a wrapped optimizer': params => {
    const optimizers = [0.1, 0.2].map(lr => tf.train.adam(lr, 0.9, 0.999, 1e-7));
    return lookahead(new OptimWrapper(optimizers, {params}), {k: 2});
  },
};

/** Ways to freeze the first of two groups, and back. */
const FREEZING: Readonly<Record<string, (optimizer: Optimizer, frozen: boolean) => void>> = {
  'freeze()': (optimizer, frozen) => {
    if (frozen) optimizer.freeze();
    else optimizer.unfreeze();
  },
  'freezeTo()': (optimizer, frozen) => {
    optimizer.freezeTo(frozen ? 1 : 0);
  },
  'setFreeze()': (optimizer, frozen) => {
    optimizer.setFreeze(0, !frozen);
  },
  'variable.trainable': (optimizer, frozen) => {
    for (const variable of present(optimizer.paramLists[0])) variable.trainable = !frozen;
  },
};

describeBackends('frozen weights', backend => {
  beforeEach(() => {
    spyOn(console, 'warn');
  });

  for (const [name, make] of Object.entries(MAKERS)) {
    for (const [how, set] of Object.entries(FREEZING)) {
      // Software WebGPU is slow with tf.train's many kernels.
      if (backend === 'webgpu' && (name.includes('wrapped') || how !== 'freeze()')) continue;
      const title = `keep every bit, and train once they are thawed: ${name}, ${how}`;
      const ways = how === 'freeze()' ? [true, false] : [true];
      for (const fusing of ways)
        it(fusing ? title : `${title}, eagerly`, () =>
          leakless(async () => {
            tf.env().set('OPTIM_FUSING', fusing);
            const variables = variablesOf([...SHAPES, ...SHAPES]);
            const [body, head] = [variables.slice(0, 3), variables.slice(3)];
            const optimizer = make([body, head]);
            train(optimizer, variables, 0, 3);
            const [bodyThen, headThen] = [await bitsOf(body), await bitsOf(head)];
            set(optimizer, true);
            const frozen = variables.map(variable => optimizer.isFrozen(variable));
            expect(frozen).toEqual([true, true, true, false, false, false]);
            train(optimizer, variables, 3, 8);
            expect(await bitsOf(body)).toEqual(bodyThen);
            (await bitsOf(head)).forEach((bits, i) => {
              expect(bits).not.toEqual(present(headThen[i]));
            });
            set(optimizer, false);
            train(optimizer, variables, 8, 9);
            (await bitsOf(body)).forEach((bits, i) => {
              expect(bits).not.toEqual(present(bodyThen[i]));
            });
            expect(optimizer.fusedOn).toMatch(fusing ? backend : /^eager/);
            tf.env().set('OPTIM_FUSING', true);
            optimizer.dispose();
            tf.dispose(variables);
          }),
        );
    }
  }

  for (const [how, set] of Object.entries(FREEZING)) {
    it(`go on with state of callbacks for every parameter, and show it in eval(): ${how}`, () =>
      leakless(async () => {
        const variables = [8, 8].map(value => tf.tidy(() => tf.variable(tf.tensor1d([value]))));
        const [body, head] = variables.map(variable => [variable]);
        const inner = new Optimizer([sgdStep, shrink], {lr: 0, params: [present(body), present(head)]});
        const optimizer = ema(lookahead(inner, {k: 2}), {decay: 0.5});
        train(optimizer, variables, 0, 1);
        set(optimizer, true);
        train(optimizer, variables, 1, 3);
        // The frozen one stays at 7.2: its slow weights go half of the way from 8 in the second step, its average half
        // in each.
        const states = await Promise.all(present(body).map(variable => stateOf(optimizer, variable)));
        const [{slow, average, shrunk} = {}] = states;
        const rounded = [slow, average, shrunk].flat().map(value => Math.round(1e5 * Number(value)));
        expect(rounded).toEqual([760000, 730000, 300000]);
        const before = await bitsOf(variables);
        optimizer.eval();
        const [shown = []] = await valuesOf(variables);
        expect(shown.map(value => Math.round(1e5 * value))).toEqual([730000]);
        optimizer.train();
        expect(await bitsOf(variables)).toEqual(before);
        optimizer.dispose();
        tf.dispose(variables);
      }));
  }

  it('differ from those that only have no gradient: Lookahead moves these', () =>
    leakless(async () => {
      const variables = [8, 8].map(value => tf.tidy(() => tf.variable(tf.tensor1d([value]))));
      const optimizer = lookahead(new Optimizer([sgdStep], {lr: 1, params: variables}), {k: 2});
      const step = (gradients: ReadonlyArray<number | null>) => {
        tf.tidy(() => {
          const tensors = gradients.map(gradient => (gradient === null ? null : tf.tensor1d([gradient])));
          const named = variables.map(({name}, i) => ({name, tensor: tensors[i]}));
          optimizer.applyGradients(named);
        });
      };
      step([4, 4]);
      step([2, null]);
      expect(await valuesOf(variables)).toEqual([[5], [6]]);
      optimizer.dispose();
      tf.dispose(variables);
    }));
});
