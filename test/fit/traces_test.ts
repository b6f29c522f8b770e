import {adam, fineTune, fitFlatCos, fitOneCycle, fitSgdr, type HyperValue, type Optimizer, slice} from '../../src';
import {describeBackends} from '../support/backends';
import {expectClose} from '../support/close';
import * as golden from '../support/golden';
import {present} from '../support/present';
import {tf} from '../support/tfjs';

interface Fit {
  readonly model: tf.Sequential;
  readonly optimizer: Optimizer;
  /** The hypers at every step, and which parameters trained. */
  readonly steps: Array<{
    readonly hypers: ReadonlyArray<Readonly<Record<string, number | boolean>>>;
    readonly trainable: boolean[];
  }>;
  readonly x: tf.Tensor;
  readonly y: tf.Tensor;
}

/** A model with one layer per group, whose optimizer records its steps. */
function fitting(one: golden.TraceCase): Fit {
  const model = tf.sequential({
    layers: Array.from({length: one.n_groups}, (_, i) =>
      tf.layers.dense({units: 1, ...(i === 0 ? {inputShape: [1]} : {})}),
    ),
  });
  const lr = one.kind === 'fit' ? valueOf(one, 'lr') : undefined;
  const optimizer = adam(lr ?? 1e-3, {params: model.layers.map(layer => [layer])});
  model.compile({optimizer, loss: 'meanSquaredError'});
  const steps: Fit['steps'] = [];
  const apply = optimizer.applyGradients.bind(optimizer);
  optimizer.applyGradients = gradients => {
    apply(gradients);
    steps.push({
      hypers: optimizer.hypers.map(hypers => ({...hypers})),
      trainable: optimizer.summary().map(({trainable}) => trainable),
    });
  };
  return {model, optimizer, steps, x: tf.ones([one.n_iter, 1]), y: tf.ones([one.n_iter, 1])};
}

function valueOf({args}: golden.TraceCase, name: string): HyperValue | undefined {
  const given = args[name];
  if (given === undefined) return undefined;
  const value = golden.argument(given, (start, end) => (start === null ? slice(end) : slice(start, end)));
  return value === null ? undefined : value;
}

function numberOf(one: golden.TraceCase, name: string): number | undefined {
  const value = valueOf(one, name);
  return typeof value === 'number' ? value : undefined;
}

function momsOf({args: {moms}}: golden.TraceCase): [number, number, number] | undefined {
  if (!Array.isArray(moms)) return undefined;
  const [first = 0, middle = 0, last = 0] = moms.map(Number);
  return [first, middle, last];
}

/** Runs the training that was recorded. `common`: how tfjs gets the data. */
async function run(one: golden.TraceCase, {model, x, y}: Fit): Promise<void> {
  const common = {batchSize: 1, shuffle: false, yieldEvery: 'never'} as const;
  // fastai's arguments have defaults; `fit` calls its highest rate `lr`.
  const epochs = numberOf(one, 'n_epoch') ?? 1;
  const lrMax = valueOf(one, 'lr_max') ?? valueOf(one, 'lr');
  if (one.kind === 'fit') await model.fit(x, y, {...common, epochs});
  else if (one.kind === 'fit_one_cycle') {
    await fitOneCycle(model, x, y, {
      ...common,
      epochs,
      lrMax,
      initialEpoch: numberOf(one, 'start_epoch'),
      div: numberOf(one, 'div'),
      divFinal: numberOf(one, 'div_final'),
      pctStart: numberOf(one, 'pct_start'),
      wd: numberOf(one, 'wd'),
      moms: momsOf(one),
    });
  } else if (one.kind === 'fit_flat_cos') {
    await fitFlatCos(model, x, y, {
      ...common,
      epochs,
      lrMax,
      divFinal: numberOf(one, 'div_final'),
      pctStart: numberOf(one, 'pct_start'),
    });
  } else if (one.kind === 'fit_sgdr') {
    await fitSgdr(model, x, y, {
      ...common,
      lrMax,
      cycles: numberOf(one, 'n_cycles'),
      cycleLen: numberOf(one, 'cycle_len'),
    });
  } else {
    await fineTune(model, x, y, {...common, epochs: numberOf(one, 'epochs')});
  }
}

describeBackends('the hypers that reach the optimizer at every batch', () => {
  for (const one of golden.scheduleTraces.cases) {
    it(`are the recorded ones: ${one.kind} ${JSON.stringify(one.args)}`, async () => {
      const fit = fitting(one);
      const before = fit.optimizer.hypers.map(hypers => ({...hypers}));
      await run(one, fit);
      let done = 0;
      for (const {pct, hypers, trainable} of one.phases) {
        const steps = fit.steps.slice(done, done + pct.length);
        done += pct.length;
        expect(steps.length).toBe(pct.length);
        for (const [name, trace] of Object.entries(hypers)) {
          const wanted = pct.map((_, i) => ('constant' in trace ? trace.constant : present(trace[i])));
          const largest = Math.max(...wanted.flat());
          steps.forEach((step, i) => {
            // Where fastai's float32 missed a restart, exact maths restarts, with the rate of the first batch.
            const values = one.float32_artifacts?.includes(i) === true ? wanted[0] : wanted[i];
            expectClose(
              step.hypers.map(group => Number(group[name]) / largest),
              present(values).map(value => value / largest),
              1e-6,
              `${name} at batch ${i}`,
            );
            expect(step.trainable).toEqual(trainable.flat());
          });
        }
      }
      expect(fit.steps.length).toBe(done);
      expect(fit.optimizer.hypers.map(hypers => ({...hypers})))
        .withContext('hypers afterwards')
        .toEqual(before);
      tf.dispose([fit.x, fit.y]);
      fit.optimizer.dispose();
      fit.model.dispose();
    });
  }
});
