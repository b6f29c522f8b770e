import {
  accumulate,
  adam,
  applyAccumulated,
  applyOpenWindow,
  type Callback,
  checkpoint,
  clipGlobalNorm,
  clipGradValue,
  ema,
  fitCallbacks,
  fitFlatCos,
  fitOneCycle,
  layerConstraints,
  lin,
  loadOptimizer,
  lookahead,
  type Optimizer,
  OptimWrapper,
  paramScheduler,
  ranger,
  saveOptimizer,
  sgd,
  terminateOnNaN,
} from '../../src';
import {describeBackends} from '../support/backends';
import {expectClose} from '../support/close';
import {leakless} from '../support/leakless';
import {memoryHandler} from '../support/memory_handler';
import {tf} from '../support/tfjs';
import {samples, tinyFit} from './support/model';

type Grads = ReadonlyArray<readonly number[] | undefined>;

function apply(optimizer: Optimizer, variables: readonly tf.Variable[], grads: Grads): void {
  tf.tidy(() => {
    optimizer.applyGradients(
      variables.map(({name}, at) => ({name, tensor: grads[at] === undefined ? null : tf.tensor1d([...grads[at]])})),
    );
  });
}

/** Three variables of two groups, [1, 2], [3] and [4], after `train`. */
async function trained(
  make: (groups: tf.Variable[][]) => Optimizer,
  train: (step: (grads: Grads) => void, optimizer: Optimizer) => void,
): Promise<number[]> {
  const variables = tf.tidy(() => [[1, 2], [3], [4]].map(values => tf.variable(tf.tensor1d(values))));
  const optimizer = make([variables.slice(0, 2), variables.slice(2)]);
  train(grads => {
    apply(optimizer, variables, grads);
  }, optimizer);
  const values = await Promise.all(variables.map(variable => variable.data()));
  optimizer.dispose();
  tf.dispose(variables);
  return values.flatMap(value => [...value]);
}

const FULL: readonly Grads[] = [
  [[1, 2], [4], [1]],
  [[3, -2], [2], [1]],
  [[2, 3], [3], [4]],
];
/** In the open window the second variable has one gradient of two, the third none. */
const OPEN: readonly Grads[] = [
  [[1, 3], [4], undefined],
  [[3, -2], undefined, undefined],
];
const AFTER: readonly Grads[] = [
  [[1, 1], [1], [1]],
  [[1, 4], [4], [1]],
  [[4, 1], [1], [1]],
];
/** The gradients of the steps: the means of the full windows and of the open one. */
const MEANS: readonly Grads[] = [
  [[2, 1], [3], [2]],
  [[2, 0.5], [2], undefined],
  [[2, 2], [2], [1]],
];

const MAKES: Readonly<Record<string, (params: tf.Variable[][], callbacks: Callback[]) => Optimizer>> = {
  sgd: (params, callbacks) => sgd(0.1, {params, callbacks, mom: 0.9, wd: 0.1}),
  'adam with groups, clipped by all gradients': (params, callbacks) =>
    adam([0.1, 0.2], {params, wd: [0.1, 0.3], callbacks: [...callbacks, clipGlobalNorm], globalClipNorm: 1}),
  Lookahead: (params, callbacks) => lookahead(sgd(0.1, {params, callbacks}), {k: 2}),
  Ranger: (params, callbacks) => ranger([0.1, 0.2], {params, callbacks}),
  averages: (params, callbacks) => ema(adam(0.1, {params, callbacks}), {decay: 0.5}),
  'a wrapped tf.train.adam': (params, callbacks) =>
    new OptimWrapper([tf.train.adam(0.1), tf.train.adam(0.2)], {params, callbacks}),
  'a frozen group': (params, callbacks) => {
    const optimizer = adam(0.1, {params, callbacks});
    optimizer.freeze();
    return optimizer;
  },
};

describeBackends('the open window of accumulate', () => {
  for (const [name, make] of Object.entries(MAKES)) {
    for (const fusing of [true, false]) {
      it(`makes a step with the mean of its gradients: ${name}, ${fusing ? 'fused' : 'eager'}`, async () => {
        tf.env().set('OPTIM_FUSING', fusing);
        try {
          const show = (optimizer: Optimizer) => {
            if (name === 'averages') optimizer.eval();
          };
          const small = await leakless(() =>
            trained(
              params => make(params, [...accumulate(3)]),
              (step, optimizer) => {
                FULL.forEach(step);
                expect(applyOpenWindow(optimizer)).withContext('a full window').toBeFalse();
                OPEN.forEach(step);
                expect(applyOpenWindow(optimizer)).withContext('an open one').toBeTrue();
                expect(applyOpenWindow(optimizer)).withContext('once').toBeFalse();
                expect(optimizer.iterations).toBe(5);
                AFTER.forEach(step);
                show(optimizer);
              },
            ),
          );
          const large = await trained(
            params => make(params, []),
            (step, optimizer) => {
              MEANS.forEach(step);
              show(optimizer);
            },
          );
          expectClose(small, large, 1e-6);
        } finally {
          tf.env().set('OPTIM_FUSING', true);
        }
      });
    }
  }

  it('is not seen by earlier callbacks', async () => {
    const got = await trained(
      params => sgd(1, {params, callbacks: [clipGradValue, ...accumulate(4)], clipValue: 1}),
      (step, optimizer) => {
        step([[3, 0.5], [-2], undefined]);
        step([[0.5, 0.5], [-2], undefined]);
        applyOpenWindow(optimizer);
      },
    );
    expectClose(got, [0.25, 1.5, 4, 4], 1e-6);
  });
});

describe('The open window of accumulate', () => {
  type Given = ReturnType<typeof make>;
  beforeEach(async () => {
    await tf.setBackend('cpu');
  });

  const make = (every: number, layers?: tf.layers.Layer[]) =>
    tinyFit(
      () => sgd(0.1, {callbacks: [...accumulate(every)]}),
      layers ?? [tf.layers.dense({units: 1, inputShape: [2], kernelInitializer: 'ones'})],
    );
  const weights = ({model}: Given) => model.getWeights().flatMap(weight => [...weight.dataSync()]);
  const BEGIN = [1, 1, 0];
  const args = {epochs: 1, batchSize: 4, shuffle: false} as const;

  async function after(every: number, train: (given: Given) => Promise<unknown>): Promise<number[]> {
    const given = make(every);
    await leakless(async () => {
      await train(given);
      given.optimizer.clearState();
    });
    const got = weights(given);
    given.dispose();
    return got;
  }
  const large = () => after(1, ({model, x, y}) => model.fit(x, y, {...args, batchSize: 8}));

  const applying: Readonly<Record<string, (given: Given) => Promise<unknown>>> = {
    'fit with applyAccumulated': ({model, x, y}) => model.fit(x, y, {...args, callbacks: applyAccumulated()}),
    'fitDataset with applyAccumulated': async ({model, x, y}) =>
      model.fitDataset((await samples(x, y)).batch(4), {epochs: 1, callbacks: applyAccumulated()}),
    'fit with applyAccumulated in a list': ({model, x, y}) =>
      model.fit(x, y, {...args, callbacks: fitCallbacks([{onEpochEnd: () => undefined}, applyAccumulated()])}),
    'fit with applyAccumulated twice': ({model, x, y}) =>
      model.fit(x, y, {...args, callbacks: fitCallbacks([applyAccumulated(), applyAccumulated()])}),
    'a fit that is stopped early': ({model, x, y}) =>
      model.fit(x, y, {
        ...args,
        epochs: 5,
        callbacks: fitCallbacks([
          applyAccumulated(),
          {
            onEpochEnd: () => {
              model.stopTraining = true;
            },
          },
        ]),
      }),
    'a fit function': ({model, x, y}) => fitFlatCos(model, x, y, {...args, pctStart: 1}),
    'a fit function on a dataset': async ({model, x, y}) =>
      fitFlatCos(model, (await samples(x, y)).batch(4), {epochs: 1, pctStart: 1}),
    // The rate goes back only after the step.
    'schedules of all steps': ({model, optimizer, x, y}) => {
      optimizer.learningRate = 7;
      return model.fit(x, y, {
        ...args,
        callbacks: fitCallbacks([paramScheduler({lr: lin(0.1, 0.1)}), applyAccumulated()]),
      });
    },
  };
  for (const [name, train] of Object.entries(applying)) {
    it(`is applied at the end of ${name}`, async () => {
      expectClose(await after(5, train), await large(), 1e-6);
    });
  }

  const keeping: Readonly<Record<string, (given: Given) => Promise<unknown>>> = {
    'plain fit': ({model, x, y}) => model.fit(x, y, args),
    keepWindow: ({model, x, y}) => fitOneCycle(model, x, y, {...args, keepWindow: true}),
    'an abort': async ({model, x, y}) => {
      const controller = new AbortController();
      const fitted = fitOneCycle(model, x, y, {
        ...args,
        signal: controller.signal,
        callbacks: applyAccumulated(),
        onProgress: () => {
          controller.abort(new Error('enough'));
        },
      });
      await expectAsync(fitted).toBeRejectedWithError('enough');
    },
    'an abort after the last batch': async ({model, x, y}) => {
      const controller = new AbortController();
      const fitted = fitOneCycle(model, x, y, {
        ...args,
        signal: controller.signal,
        callbacks: {
          onEpochEnd: () => {
            controller.abort(new Error('enough'));
          },
        },
      });
      await expectAsync(fitted).toBeRejectedWithError('enough');
    },
    'an error': async ({model, x, y}) => {
      const failing = {
        onEpochEnd: () => {
          throw new Error('out of data');
        },
      };
      await expectAsync(fitOneCycle(model, x, y, {...args, callbacks: failing})).toBeRejectedWithError('out of data');
    },
    'a dataset with a wrong stepsPerEpoch': async ({model, x, y}) => {
      const unknown = (await samples(x, y)).batch(2).filter(() => true);
      await expectAsync(fitOneCycle(model, unknown, {epochs: 1, stepsPerEpoch: 3})).toBeRejectedWithError(
        /'stepsPerEpoch' is 3/,
      );
    },
    terminateOnNaN: async ({model, x, y}) => {
      const warned = spyOn(console, 'warn');
      const broken = tf.tidy(() => y.mul(NaN));
      await fitOneCycle(model, x, broken, {...args, callbacks: terminateOnNaN()});
      broken.dispose();
      expect(warned).toHaveBeenCalledTimes(1);
    },
  };
  for (const [name, train] of Object.entries(keeping)) {
    it(`waits after ${name}`, async () => {
      expect(await after(5, train)).toEqual(BEGIN);
    });
  }

  it('goes on in the next fit with keepWindow, after saving too', async () => {
    const whole = await after(4, ({model, x, y}) => model.fit(x, y, {...args, epochs: 2}));
    expect(whole).not.toEqual(BEGIN);
    const kept = await after(4, async ({model, x, y}) => {
      await fitFlatCos(model, x, y, {...args, pctStart: 1, keepWindow: true});
      await fitFlatCos(model, x, y, {...args, pctStart: 1});
    });
    expect(kept).toEqual(whole);
    const given = make(4);
    await given.model.fit(given.x, given.y, args);
    const handler = memoryHandler();
    await given.model.save(handler, {includeOptimizer: true});
    const loaded = await tf.loadLayersModel(handler);
    await loaded.fit(given.x, given.y, args);
    expect(loaded.getWeights().flatMap(weight => [...weight.dataSync()])).toEqual(whole);
    loaded.dispose();
    given.dispose();
  });

  it('is applied after it was saved', async () => {
    const direct = await trained(
      params => adam(0.1, {params, callbacks: [...accumulate(3)]}),
      (step, optimizer) => {
        OPEN.forEach(step);
        applyOpenWindow(optimizer);
      },
    );
    const variables = [[1, 2], [3], [4]].map(values => tf.variable(tf.tensor1d(values)));
    const params = [variables.slice(0, 2), variables.slice(2)];
    const first = adam(0.1, {params, callbacks: [...accumulate(3)]});
    for (const grads of OPEN) apply(first, variables, grads);
    const handler = memoryHandler();
    await saveOptimizer(first, handler);
    const second = await loadOptimizer(handler, {params});
    expect(applyOpenWindow(second)).toBeTrue();
    expect(variables.flatMap(variable => [...variable.dataSync()])).toEqual(direct);
    [first, second].forEach(optimizer => {
      optimizer.dispose();
    });
    tf.dispose(variables);
  });

  it('is applied in the last model that checkpoint saves', async () => {
    const given = make(5);
    const handler = memoryHandler();
    await given.model.fit(given.x, given.y, {
      ...args,
      callbacks: fitCallbacks([checkpoint(handler), applyAccumulated()]),
    });
    const loaded = await tf.loadLayersModel(handler);
    expect(loaded.getWeights().flatMap(weight => [...weight.dataSync()])).toEqual(weights(given));
    expectClose(weights(given), await large(), 1e-6);
    await given.model.fit(given.x, given.y, {...args, callbacks: applyAccumulated()});
    await loaded.fit(given.x, given.y, {...args, callbacks: applyAccumulated()});
    expect(loaded.getWeights().flatMap(weight => [...weight.dataSync()])).toEqual(weights(given));
    loaded.dispose();
    given.dispose();
  });

  it('follows the constraints of layers', async () => {
    // tfjs's own unit norm takes the epsilon of the backend that was first used.
    const kernelConstraint = tf.constraints.unitNorm({});
    spyOn(kernelConstraint, 'apply').and.callFake(kernel => tf.tidy(() => kernel.div(kernel.norm())));
    const given = make(5, [tf.layers.dense({units: 1, inputShape: [2], kernelInitializer: 'ones', kernelConstraint})]);
    await given.model.fit(given.x, given.y, {
      ...args,
      callbacks: fitCallbacks([layerConstraints(), applyAccumulated()]),
    });
    const [a = NaN, b = NaN] = weights(given);
    expectClose([Math.hypot(a, b)], [1], 1e-6);
    expect(a).not.toBeCloseTo(b, 3);
    given.dispose();
  });

  it('does not exist where nothing accumulates', async () => {
    expect(
      await trained(
        params => sgd(0.1, {params}),
        (_, optimizer) => {
          expect(applyOpenWindow(optimizer)).toBeFalse();
        },
      ),
    ).toEqual([1, 2, 3, 4]);
  });

  it('takes true or false for keepWindow', async () => {
    const {model, x, y, dispose} = make(5);
    const wrong: object = {keepWindow: 1};
    await expectAsync(fitOneCycle(model, x, y, wrong)).toBeRejectedWithError(
      "'keepWindow' must be true or false; got 1.",
    );
    dispose();
  });
});
