import {adam, fitOneCycle, lrFind, oneCycle, optimizerOf, record} from '../../src';
import {leakless} from '../support/leakless';
import {tf} from '../support/tfjs';

const BATCHES = 3;

function batches(from: () => Iterator<{xs: tf.Tensor; ys: tf.Tensor}>) {
  return tf.data.generator(() => from());
}

function* samples() {
  for (let i = 0; i < BATCHES; i++) yield {xs: tf.tensor2d([[i, 1], [1, i]]), ys: tf.tensor2d([[1], [i]])};
}

async function withModel(act: (model: tf.LayersModel) => Promise<void>): Promise<void> {
  await tf.setBackend('cpu');
  await leakless(async () => {
    const model = tf.sequential({layers: [tf.layers.dense({inputShape: [2], units: 1})]});
    model.compile({optimizer: adam(0.01), loss: 'meanSquaredError'});
    await act(model);
    optimizerOf(model).dispose();
    model.dispose();
  });
}

describe('A dataset that does not tell its size', () => {
  it('is counted once, and trains all epochs along the whole schedule', () => withModel(async model => {
    const counts: number[] = [];
    const steps: number[] = [];
    const history = await fitOneCycle(model, batches(samples), {
      epochs: 4, lrMax: 0.1, callbacks: [record({hypers: ['lr']})], onCount: count => { counts.push(count); }, onProgress: ({step}) => { steps.push(step); },
    });
    expect(counts).toEqual([1, 2, 3]);
    expect(steps).toEqual(Array.from({length: 12}, (_, i) => i + 1));
    expect(history.history['loss']?.length).toBe(4);
    expect(history.history['lr']?.[3]).toBeCloseTo(0.1, 6);
    expect(optimizerOf(model).learningRate).toBe(0.01);
  }));

  it('is not counted where the steps are given', () => withModel(async model => {
    const onCount = jasmine.createSpy('onCount');
    const history = await fitOneCycle(model, batches(samples), {epochs: 2, stepsPerEpoch: BATCHES, onCount});
    expect(history.history['loss']?.length).toBe(2);
    expect(onCount).not.toHaveBeenCalled();
    await model.fitDataset(batches(samples), {epochs: 2, callbacks: oneCycle({stepsPerEpoch: BATCHES})});
    expect(optimizerOf(model).schedule).toBeUndefined();
  }));

  it('is not counted by lrFind', () => withModel(async model => {
    const onCount = jasmine.createSpy('onCount');
    const {lrs} = await lrFind(model, batches(samples), {numIt: 5, onCount});
    expect(lrs.length).toBe(5);
    expect(onCount).not.toHaveBeenCalled();
  }));

  const refused: ReadonlyArray<readonly [string, (model: tf.LayersModel) => Promise<unknown>, string | RegExp]> = [
    ['can\'t be iterated again', model => {
      const only = samples();
      return fitOneCycle(model, batches(() => only), {});
    }, /can't be iterated again after its 3 batches were counted: give `stepsPerEpoch: 3` and a new dataset/],
    ['is empty', model => fitOneCycle(model, batches(() => new Array<{xs: tf.Tensor; ys: tf.Tensor}>()[Symbol.iterator]()), {}), 'The dataset has no batch to train on.'],
    ['is infinite', model => fitOneCycle(model, tf.data.array([1]).repeat().map(() => ({xs: tf.zeros([1, 2]), ys: tf.zeros([1, 1])})), {}),
      'The dataset is infinite, so an epoch has no end: give `batchesPerEpoch`.'],
    ['meets a scheduler in fitDataset', model => model.fitDataset(batches(samples), {epochs: 2, callbacks: oneCycle()}), /Give the scheduler `stepsPerEpoch`/],
  ];
  for (const [what, act, message] of refused) {
    it(`is refused in words where it ${what}`, () => withModel(async model => {
      await expectAsync(act(model)).toBeRejectedWithError(Error, message);
      expect(optimizerOf(model).iterations).toBe(0);
    }));
  }

  it('and `batchesPerEpoch` for more than there is ends early with a warning, which a known size refuses before', () => withModel(async model => {
    const warned = spyOn(console, 'warn');
    await fitOneCycle(model, batches(samples), {epochs: 3, batchesPerEpoch: BATCHES});
    expect(warned.calls.allArgs().flat().join('\n')).toMatch(/training ended after 3 of 9 batches: the dataset ran out.*dataset\.repeat\(\)/);
    const known = tf.data.array([1, 2, 3]).map(() => ({xs: tf.zeros([1, 2]), ys: tf.zeros([1, 1])}));
    await expectAsync(fitOneCycle(model, known, {epochs: 3, batchesPerEpoch: 3})).toBeRejectedWithError(/has 3 batches; 9 are needed/);
  }));
});
