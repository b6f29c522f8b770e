import * as tfvis from '@tensorflow/tfjs-vis';
import {type AnyFitCallback, fitCallbacks, oneCycle, sgd} from '../../src';
import {tf} from '../support/tfjs';
import {samples, tinyFit} from './support/model';

class Counting extends tf.Callback {
  readonly calls: string[] = [];

  override async onTrainBegin() {
    // Through super, where a wrong `this` shows.
    await super.onTrainBegin();
    this.calls.push(`begin ${this.model.outputs.length}`);
  }

  override onBatchEnd(batch: number) {
    this.calls.push(`batch ${batch}`);
    return Promise.resolve();
  }

  override onTrainEnd() {
    this.calls.push('end');
    return Promise.resolve();
  }
}

interface Member {
  readonly callback: AnyFitCallback;
  /** What it should have seen of two epochs of two batches. */
  check(): void;
}

// The real ones: hooks without `this`, which draw from the logs.
function charts(): Member {
  const container = document.createElement('div');
  document.body.append(container);
  return {
    callback: tfvis.show.fitCallbacks(container, ['loss'], {height: 50, width: 50}),
    check: () => {
      expect([...container.querySelectorAll('canvas')].length).withContext('a chart of batches and one of epochs').toBe(2);
      container.remove();
    },
  };
}

const KINDS: Readonly<Record<string, () => Member>> = {
  'a class': () => {
    const callback = new Counting();
    return {callback, check: () => { expect(callback.calls).toEqual(['begin 1', 'batch 0', 'batch 1', 'batch 0', 'batch 1', 'end']); }};
  },
  'a plain object': () => {
    const seen: number[] = [];
    return {
      callback: {onBatchBegin: (batch: number) => { seen.push(batch); }, onYield: () => { /* Its presence is the case. */ }},
      check: () => { expect(seen).toEqual([0, 1, 0, 1]); },
    };
  },
  'a plain object with methods': () => {
    const callback = {count: 0, onEpochEnd() { this.count++; }};
    return {callback, check: () => { expect(callback.count).toBe(2); }};
  },
  'early stopping': () => {
    const callback = tf.callbacks.earlyStopping({monitor: 'loss', patience: 5});
    return {callback, check: () => { expect(Reflect.get(callback, 'best')).toBeLessThan(Infinity); }};
  },
  "tfjs-vis's": charts,
  'a scheduler': () => ({callback: oneCycle({lrMax: 0.1}), check: () => { expect().nothing(); }}),
};

function membersOf(names: readonly string[]): Member[] {
  return names.flatMap(name => KINDS[name]?.() ?? []);
}

function pairs(): Array<readonly string[]> {
  const names = Object.keys(KINDS);
  return [...names.flatMap(a => names.map(b => [a, b])), names, [...names].reverse()];
}

describe('fitCallbacks', () => {
  beforeAll(async () => { await tf.setBackend('cpu'); });

  for (const names of pairs()) {
    it(`runs ${names.join(', ')}`, async () => {
      const twice = names[0] === names[1] && names[0] === 'a scheduler';
      const members = membersOf(names);
      const {model, x, y, dispose} = tinyFit(sgd(0.01));
      const fitted = model.fit(x, y, {epochs: 2, batchSize: 4, callbacks: fitCallbacks(members.map(({callback}) => callback))});
      if (twice) await expectAsync(fitted).toBeRejectedWithError(/oneCycle and oneCycle both move 'lr'/);
      else {
        const {history} = await fitted;
        expect(history['loss']?.every(Number.isFinite)).toBeTrue();
        members.forEach(member => { member.check(); });
      }
      dispose();
    });
  }

  it('works for fitDataset', async () => {
    const members = membersOf(Object.keys(KINDS));
    const {model, x, y, dispose} = tinyFit(sgd(0.01));
    const dataset = (await samples(x, y)).batch(4);
    await model.fitDataset(dataset, {epochs: 2, callbacks: fitCallbacks(members.map(({callback}) => callback))});
    members.forEach(member => { member.check(); });
    dispose();
  });

  it('lets early stopping stop', async () => {
    const {model, x, y, dispose} = tinyFit(sgd(0));
    const {epoch} = await model.fit(x, y, {epochs: 9, callbacks: fitCallbacks([{onEpochEnd: () => { /* Only to be there. */ }}, tf.callbacks.earlyStopping({monitor: 'loss', patience: 2})])});
    expect(epoch.length).toBe(3);
    dispose();
  });

  it('lets the page breathe, whatever is in the list', async () => {
    for (const callbacks of [fitCallbacks([new Counting()], {yieldEvery: 'batch'}), fitCallbacks([oneCycle({lrMax: 0.1}), new Counting()], {yieldEvery: 'batch'})]) {
      const {model, x, y, dispose} = tinyFit(sgd(0.01));
      let frames = 0;
      const count = () => {
        frames++;
        timer = setTimeout(count, 0);
      };
      let timer = setTimeout(count, 0);
      await model.fit(x, y, {epochs: 4, batchSize: 1, callbacks});
      clearTimeout(timer);
      expect(frames).toBeGreaterThan(4);
      dispose();
    }
  });

  it('says what is no callback', () => {
    const cases: ReadonlyArray<readonly [unknown, RegExp]> = [
      [Counting, /Callback 0 of the list is a class or a function: make one with `new`/],
      [undefined, /no callback but undefined/],
      [{}, /none of the hooks onTrainBegin/],
    ];
    for (const [wrong, message] of cases) expect((): unknown => Reflect.apply(fitCallbacks, undefined, [[wrong]])).toThrowError(message);
  });
});
