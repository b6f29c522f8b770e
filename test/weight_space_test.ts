import {
  adam,
  callback,
  copy,
  ema,
  loadOptimizer,
  lookahead,
  Optimizer,
  optimizerOf,
  saveOptimizer,
  sgd,
  sgdStep,
  startAt,
  zeros,
} from '../src';
import {isVariable} from '../src/util/tensors';
import {describeBackends} from './support/backends';
import {leakless} from './support/leakless';
import {memoryHandler} from './support/memory_handler';
import {present} from './support/present';
import {disposeModels, reloaded} from './support/resuming';
import {tf} from './support/tfjs';
import {stateOf, valuesOf} from './support/training';

const vector = (...values: number[]) => tf.tidy(() => tf.variable(tf.tensor1d(values)));
const write = (variable: tf.Variable, ...values: number[]) => {
  tf.tidy(() => {
    variable.assign(tf.tensor1d(values));
  });
};
const weightOf = (model: tf.LayersModel): tf.Variable => {
  const [weight] = model.trainableWeights.map(each => each.read());
  if (isVariable(weight)) return weight;
  throw new Error('The model has no weight.');
};
/** A model with one weight. */
const single = (value: number): tf.Sequential => {
  const kernelInitializer = tf.initializers.constant({value});
  return tf.sequential({layers: [tf.layers.dense({units: 1, inputShape: [1], useBias: false, kernelInitializer})]});
};

/** Makes steps with the gradient 1 everywhere. */
function step(optimizer: Optimizer, variables: readonly tf.Variable[], times = 1): void {
  for (let i = 0; i < times; i++) {
    tf.tidy(() => {
      optimizer.applyGradients(variables.map(variable => ({name: variable.name, tensor: tf.onesLike(variable)})));
    });
  }
}

/** One dense weight of 8 under Lookahead with k 4 and alpha 0.5, of which each step takes 1. */
function tiny(): {model: tf.Sequential; optimizer: Optimizer; variable: tf.Variable; dispose: () => void} {
  const model = single(8);
  const optimizer = lookahead(sgd(1, {params: [model]}), {k: 4});
  model.compile({optimizer, loss: 'meanSquaredError'});
  const [variable] = optimizer.paramLists.flat();
  return {
    model,
    optimizer,
    variable: present(variable),
    dispose: () => {
      optimizer.dispose();
      model.dispose();
    },
  };
}

const hundred = () => tf.tensor2d([100], [1, 1]);

/** Ways in which other code sets a weight to 100. */
const OTHERS: Readonly<Record<string, (model: tf.LayersModel, variable: tf.Variable) => void | Promise<void>>> = {
  assign: (_, variable) => {
    variable.assign(hundred());
  },
  'layer.setWeights': ({layers}) => {
    layers.forEach(layer => {
      layer.setWeights([hundred()]);
    });
  },
  'model.setWeights': model => {
    model.setWeights([hundred()]);
  },
  'model.loadWeights': (model, variable) => {
    model.loadWeights({[variable.name]: hundred()});
  },
  "another model's weights": model => {
    const other = single(100);
    model.setWeights(other.getWeights());
    other.dispose();
  },
  'an optimizer of tf.train': (_, variable) => {
    const other = tf.train.sgd(1);
    other.applyGradients([{name: variable.name, tensor: tf.tensor2d([-94], [1, 1])}]);
    other.dispose();
  },
};

describeBackends('weights that other code writes', backend => {
  for (const [how, replace] of Object.entries(OTHERS)) {
    it(`restart the slow weights, with one warning: ${how}`, () =>
      leakless(async () => {
        const warned = spyOn(console, 'warn');
        const {model, optimizer, variable, dispose} = tiny();
        step(optimizer, [variable], 2);
        tf.engine().startScope();
        await replace(model, variable);
        tf.engine().endScope();
        // 99, then 98 and half of the way back to 100; from the old slow weights it would be 53.
        step(optimizer, [variable], 2);
        expect(await valuesOf([variable])).toEqual([[99]]);
        expect(warned).toHaveBeenCalledOnceWith(
          `tfjs-optim: '${variable.name}' changed outside of the optimizer since the last step, ` +
            'so their state slow starts anew. ' +
            'Call opt.rebase() after replacing weights: it restarts averages too, and gives no warning.',
        );
        tf.tidy(() => {
          variable.assign(tf.tensor2d([200], [1, 1]));
        });
        step(optimizer, [variable], 4);
        expect(await valuesOf([variable])).toEqual([[198]]);
        expect(warned).toHaveBeenCalledTimes(1);
        dispose();
      }));
  }

  /** Writes that do not count, because this package makes them or they change nothing. The weight stays the same. */
  const OWN: Readonly<Record<string, (optimizer: Optimizer, variable: tf.Variable) => void | Promise<void>>> = {
    'steps in place': () => undefined,
    'steps while others share the data': async (_, variable) => {
      const clones = [variable.clone(), variable.clone()];
      await Promise.all(clones.map(clone => clone.data()));
      tf.dispose(clones);
    },
    'eval() and train()': optimizer => {
      optimizer.eval();
      optimizer.train();
    },
    'its values being read': async (_, variable) => {
      await variable.data();
    },
    'a state dict': optimizer => {
      const dict = optimizer.stateDict();
      optimizer.loadStateDict(dict);
      tf.dispose(dict.state.map(state => ({...state})));
    },
    'weights and state loaded together': (optimizer, variable) => {
      const dict = optimizer.stateDict();
      const weight = variable.clone();
      optimizer.loadStateDict(dict);
      tf.tidy(() => {
        variable.assign(weight.add(0));
      });
      tf.dispose([weight, dict.state.map(state => ({...state}))]);
    },
    'state loaded after the weights': (optimizer, variable) => {
      const dict = optimizer.stateDict();
      tf.tidy(() => {
        variable.assign(variable.add(0));
      });
      optimizer.loadStateDict(dict);
      tf.dispose(dict.state.map(state => ({...state})));
    },
    'state set by hand after the weights': (optimizer, variable) => {
      const {slow} = optimizer.state.get(variable);
      if (!(slow instanceof tf.Tensor)) return;
      tf.tidy(() => {
        const kept = slow.clone();
        variable.assign(variable.add(0));
        optimizer.state.set(variable, {slow: kept});
      });
    },
  };

  for (const fusing of [true, false]) {
    for (const [what, act] of Object.entries(OWN)) {
      if (backend === 'webgpu' && !fusing) continue;
      it(`are not this package's own writes: ${what}${fusing ? '' : ', eagerly'}`, () =>
        leakless(async () => {
          const warned = spyOn(console, 'warn');
          tf.env().set('OPTIM_FUSING', fusing);
          const {optimizer, variable, dispose} = tiny();
          for (let i = 0; i < 3; i++) {
            await act(optimizer, variable);
            step(optimizer, [variable]);
          }
          const shared = variable.clone();
          step(optimizer, [variable]);
          shared.dispose();
          // 4 after four steps, and half of the way back to 8.
          expect(await valuesOf([variable])).toEqual([[6]]);
          step(optimizer, [variable], 4);
          expect(await valuesOf([variable])).toEqual([[4]]);
          expect(warned).not.toHaveBeenCalled();
          tf.env().set('OPTIM_FUSING', true);
          dispose();
        }));
    }
  }

  it('restart averages only by rebase(), which does not warn', () =>
    leakless(async () => {
      const warned = spyOn(console, 'warn');
      const variables = [vector(8), vector(8)];
      const inner = adam(1, {params: variables, mom: 0, sqrMom: 0, eps: 0, wd: 0});
      const optimizer = ema(lookahead(inner, {k: 4}), {decay: 0.5});
      step(optimizer, variables, 2);
      for (const variable of variables) write(variable, 100);
      optimizer.rebase();
      const left = variables.map(variable => Object.keys(optimizer.state.get(variable)).sort());
      expect(left).toEqual([
        ['count', 'gradAvg', 'sqrAvg', 'step'],
        ['count', 'gradAvg', 'sqrAvg', 'step'],
      ]);
      optimizer.eval();
      expect(await valuesOf(variables)).toEqual([[100], [100]]);
      expect(() => {
        optimizer.rebase();
      }).toThrowError(/call train\(\)/);
      optimizer.train();
      step(optimizer, variables, 2);
      expect(await valuesOf(variables)).toEqual([[99], [99]]);
      optimizer.eval();
      // 100 and 99, then 99.5 and 99.
      expect(await valuesOf(variables)).toEqual([[99.25], [99.25]]);
      optimizer.train();
      expect(warned).not.toHaveBeenCalled();
      optimizer.dispose();
      tf.dispose(variables);
    }));

  it('leave the averages of what was replaced, without rebase()', () =>
    leakless(async () => {
      const variable = vector(8);
      const optimizer = ema(sgd(1, {params: [variable]}), {decay: 0.5});
      step(optimizer, [variable]);
      write(variable, 101);
      step(optimizer, [variable]);
      optimizer.eval();
      expect(await valuesOf([variable])).toEqual([[53.75]]);
      optimizer.dispose();
      variable.dispose();
    }));

  it('restart only their own state; frozen ones without a warning', () =>
    leakless(async () => {
      const warned = spyOn(console, 'warn');
      const variables = [vector(8), vector(8), vector(8)];
      const [first, second] = variables;
      const optimizer = lookahead(sgd(1, {params: variables.map(variable => [variable])}), {k: 4});
      step(optimizer, variables, 2);
      optimizer.setFreeze(0, false);
      write(present(first), 50);
      step(optimizer, variables);
      expect(warned).not.toHaveBeenCalled();
      write(present(second), 100);
      step(optimizer, variables);
      expect(await valuesOf(variables)).toEqual([[50], [99.5], [6]]);
      expect(warned).toHaveBeenCalledTimes(1);
      optimizer.setFreeze(0, true);
      step(optimizer, variables, 4);
      expect(await valuesOf(variables)).toEqual([[48], [97.5], [4]]);
      optimizer.dispose();
      tf.dispose(variables);
    }));

  it('change nothing where the step throws, and restart in the next one', () =>
    leakless(async () => {
      spyOn(console, 'warn');
      const variable = vector(8);
      const fail = callback('testFailOnce', {options: {n: 3}, state: {tries: 0}}, ({p, tries, n}) => {
        if (tries === n && failing) throw new Error('not now');
        return {p: p.mul(1), tries: tries + 1};
      });
      let failing = true;
      const optimizer = lookahead(new Optimizer([sgdStep, fail], {lr: 1, params: [variable]}), {k: 4});
      step(optimizer, [variable], 3);
      write(variable, 100);
      expect(() => {
        step(optimizer, [variable]);
      }).toThrowError('not now');
      expect(await valuesOf([variable])).toEqual([[100]]);
      failing = false;
      step(optimizer, [variable]);
      expect(await valuesOf([variable])).toEqual([[99.5]]);
      optimizer.dispose();
      variable.dispose();
    }));

  it('are saved with state that restarts', async () => {
    const warned = spyOn(console, 'warn');
    const {model, optimizer, variable, dispose} = tiny();
    step(optimizer, [variable], 2);
    tf.tidy(() => {
      variable.assign(hundred());
    });
    const copyOf = await reloaded(model);
    expect(warned).toHaveBeenCalledTimes(1);
    const again = optimizerOf(copyOf);
    const loaded = weightOf(copyOf);
    for (const [one, of] of [
      [optimizer, variable],
      [again, loaded],
    ] as const) {
      step(one, [of], 2);
      expect(await valuesOf([of])).toEqual([[99]]);
    }
    expect(warned).toHaveBeenCalledTimes(1);
    disposeModels(copyOf);
    dispose();
  });

  it('that are loaded with their optimizer go on with its slow weights', async () => {
    const warned = spyOn(console, 'warn');
    const {model, optimizer, variable, dispose} = tiny();
    step(optimizer, [variable], 2);
    const copyOf = await reloaded(model);
    const again = optimizerOf(copyOf);
    const loaded = weightOf(copyOf);
    step(again, [loaded], 2);
    expect(await valuesOf([loaded])).toEqual([[6]]);
    expect(warned).not.toHaveBeenCalled();
    tf.tidy(() => {
      copyOf.setWeights([hundred()]);
    });
    step(again, [loaded], 4);
    expect(await valuesOf([loaded])).toEqual([[98]]);
    expect(warned).toHaveBeenCalledTimes(1);
    disposeModels(copyOf);
    dispose();
  });

  it('restart loaded state that waits for its variables by rebase()', () =>
    leakless(async () => {
      const variable = vector(8);
      const optimizer = lookahead(sgd(1, {params: [variable]}), {k: 4});
      step(optimizer, [variable], 2);
      const handler = memoryHandler();
      await saveOptimizer(optimizer, handler);
      const loaded = await loadOptimizer(handler);
      write(variable, 100);
      loaded.rebase();
      optimizer.dispose();
      step(loaded, [variable], 2);
      expect(await valuesOf([variable])).toEqual([[99]]);
      loaded.dispose();
      variable.dispose();
    }));

  it('are noticed by each of two optimizers', () =>
    leakless(async () => {
      const warned = spyOn(console, 'warn');
      const variable = vector(8);
      const optimizers = [1, 2].map(() => lookahead(sgd(1, {params: [variable]}), {k: 2}));
      for (const optimizer of optimizers) step(optimizer, [variable]);
      write(variable, 100);
      for (const optimizer of optimizers) step(optimizer, [variable]);
      // 99.5 by the first, and by the second from there, where its slow weights start.
      expect(await valuesOf([variable])).toEqual([[99]]);
      expect(warned).toHaveBeenCalledTimes(2);
      optimizers.forEach(optimizer => {
        optimizer.dispose();
      });
      variable.dispose();
    }));
});

describeBackends(
  'weights on another backend',
  backend => {
    it('do not count as written by other code', async () => {
      const warned = spyOn(console, 'warn');
      const variable = vector(8);
      const optimizer = lookahead(sgd(1, {params: [variable]}), {k: 4});
      step(optimizer, [variable]);
      for (const other of [backend === 'cpu' ? 'wasm' : 'cpu', backend]) {
        await tf.setBackend(other);
        step(optimizer, [variable]);
      }
      step(optimizer, [variable]);
      expect(await valuesOf([variable])).toEqual([[6]]);
      expect(warned).not.toHaveBeenCalled();
      optimizer.dispose();
      variable.dispose();
    });
  },
  ['cpu', 'wasm'],
);

describe('a state entry in weight space', () => {
  beforeAll(async () => {
    await tf.setBackend('cpu');
  });

  it('is declared by the one setting of startAt, which refuses other settings and what is not a function', () => {
    const message = "startAt takes a function and the setting {space: 'weight'}; got ";
    for (const {given, got} of [
      {given: [copy, {spce: 'weight'}], got: "{spce: 'weight'}."},
      {given: [copy, {space: 'weights'}], got: "{space: 'weights'}."},
      {given: [3], got: '3.'},
      {given: [null], got: 'null.'},
    ])
      expect(() => void Reflect.apply(startAt, undefined, given)).toThrowError(`${message}${got}`);
  });

  const twice = startAt(({p}) => p.mul(2), {space: 'weight'});
  const doubled = callback(
    'testDoubled',
    {state: {twice, first: copy, moments: zeros}, restarts: ['twice'], everyParameter: true},
    ({moments}) => ({moments: moments.add(1)}),
  );

  it('is every entry that declares it, or starts as a copy', () =>
    leakless(async () => {
      spyOn(console, 'warn');
      const variable = vector(8);
      const optimizer = new Optimizer([sgdStep, doubled], {lr: 1, params: [variable]});
      step(optimizer, [variable]);
      write(variable, 100);
      step(optimizer, [variable]);
      expect(await stateOf(optimizer, variable)).toEqual({twice: [200], first: [8], moments: [2]});
      optimizer.rebase();
      step(optimizer, [variable]);
      expect(await stateOf(optimizer, variable)).toEqual({twice: [198], first: [99], moments: [3]});
      optimizer.dispose();
      variable.dispose();
    }));

  it("has the parameter's shape", () => {
    const variable = vector(1, 2);
    const norm = startAt(({p}) => p.sum(), {space: 'weight'});
    const optimizer = new Optimizer([callback('testWeightShape', {state: {norm}}, () => ({}))], {params: [variable]});
    spyOn(console, 'warn');
    const message = "testWeightShape returned 'norm' of shape []; it must be of shape [2].";
    expect(() => {
      step(optimizer, [variable]);
    }).toThrowError(message);
    optimizer.dispose();
    variable.dispose();
  });

  const others = {zeros: {slow: zeros}, aNumber: {slow: 0}, startAt: {slow: startAt(({p}) => p)}};
  for (const [name, state] of Object.entries(others)) {
    it(`is the only kind that can restart, unlike ${name}`, () => {
      expect(() => callback('testRestarts', {state, restarts: ['slow']}, () => ({}))).toThrowError(
        "testRestarts: restarts names 'slow', which must be an entry of state in weight space; " +
          "start it with copy, or with startAt(f, {space: 'weight'}).",
      );
    });
  }
});
