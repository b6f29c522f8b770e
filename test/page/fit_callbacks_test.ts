import * as tfvis from '@tensorflow/tfjs-vis';

import {type AnyFitCallback, constant, fitCallbacks, oneCycle, paramScheduler, sgd} from '../../src';
import {samples, tinyFit} from '../fit/support/model';
import {present} from '../support/present';
import {tf} from '../support/tfjs';

class Counting extends tf.Callback {
  readonly calls: string[] = [];

  override async onTrainBegin() {
    // A wrong `this` would show in super.
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
  /** The calls that it must see in two epochs of two batches. */
  check(): void;
}

// The real callbacks of tfjs-vis: hooks without `this`, which draw from the logs.
function charts(): Member {
  const container = document.createElement('div');
  document.body.append(container);
  return {
    callback: tfvis.show.fitCallbacks(container, ['loss'], {height: 50, width: 50}),
    check: () => {
      expect([...container.querySelectorAll('canvas')].length)
        .withContext('a chart of batches and one of epochs')
        .toBe(2);
      container.remove();
    },
  };
}

const KINDS: Readonly<Record<string, () => Member>> = {
  'a class': () => {
    const callback = new Counting();
    return {
      callback,
      check: () => {
        expect(callback.calls).toEqual(['begin 1', 'batch 0', 'batch 1', 'batch 0', 'batch 1', 'end']);
      },
    };
  },
  'a plain object': () => {
    const seen: number[] = [];
    return {
      callback: {
        onBatchBegin: (batch: number) => {
          seen.push(batch);
        },
        onYield: () => {
          /* Its presence is the case. */
        },
      },
      check: () => {
        expect(seen).toEqual([0, 1, 0, 1]);
      },
    };
  },
  'a plain object with methods': () => {
    const callback = {
      count: 0,
      onEpochEnd() {
        this.count++;
      },
    };
    return {
      callback,
      check: () => {
        expect(callback.count).toBe(2);
      },
    };
  },
  'early stopping': () => {
    const callback = tf.callbacks.earlyStopping({monitor: 'loss', patience: 5});
    return {
      callback,
      check: () => {
        expect(Reflect.get(callback, 'best')).toBeLessThan(Infinity);
      },
    };
  },
  "tfjs-vis's": charts,
  'a scheduler': () => ({
    callback: oneCycle({lrMax: 0.1}),
    check: () => {
      expect().nothing();
    },
  }),
};

function membersOf(names: readonly string[]): Member[] {
  return names.flatMap(name => present(present(KINDS[name])()));
}

/** All pairs, all kinds in both orders, and every order of those that tfjs itself can't take in one list. */
function mixtures(): Array<readonly string[]> {
  const names = Object.keys(KINDS);
  const orders = permutations(['a class', 'a plain object', 'early stopping', "tfjs-vis's"]);
  return [
    ...names.flatMap(a => names.map(b => [a, b])),
    names,
    [...names].reverse(),
    ...orders.map((order, i) => [...order.slice(0, i % 5), 'a scheduler', ...order.slice(i % 5)]),
  ];
}

function permutations(names: readonly string[]): Array<readonly string[]> {
  return names.length < 2
    ? [names]
    : names.flatMap((name, i) => permutations(names.filter((_, j) => j !== i)).map(rest => [name, ...rest]));
}

describe('fitCallbacks', () => {
  beforeAll(async () => {
    await tf.setBackend('cpu');
  });

  for (const names of mixtures()) {
    it(`runs ${names.join(', ')}`, async () => {
      const twice = names[0] === names[1] && names[0] === 'a scheduler';
      const members = membersOf(names);
      const {model, x, y, dispose} = tinyFit(sgd(0.01));
      const fitted = model.fit(x, y, {
        epochs: 2,
        batchSize: 4,
        callbacks: fitCallbacks(members.map(({callback}) => callback)),
      });
      if (twice) await expectAsync(fitted).toBeRejectedWithError(/oneCycle and oneCycle both move 'lr'/);
      else {
        const {history} = await fitted;
        expect(history['loss']?.every(Number.isFinite)).toBeTrue();
        members.forEach(member => {
          member.check();
        });
      }
      dispose();
    });
  }

  it('works for fitDataset', async () => {
    const members = membersOf(Object.keys(KINDS));
    const {model, x, y, dispose} = tinyFit(sgd(0.01));
    const dataset = (await samples(x, y)).batch(4);
    await model.fitDataset(dataset, {epochs: 2, callbacks: fitCallbacks(members.map(({callback}) => callback))});
    members.forEach(member => {
      member.check();
    });
    dispose();
  });

  for (const name of Object.keys(KINDS)) {
    it(`lets early stopping stop, before and after ${name}`, async () => {
      for (const before of [true, false]) {
        const {model, x, y, dispose} = tinyFit(sgd(0));
        const stopping = tf.callbacks.earlyStopping({monitor: 'loss', patience: 2});
        // With a rate, the loss would get better.
        const list =
          name === 'a scheduler'
            ? [paramScheduler({lr: constant(0)})]
            : membersOf([name]).map(({callback}) => callback);
        const {epoch} = await model.fit(x, y, {
          epochs: 9,
          callbacks: fitCallbacks(before ? [stopping, ...list] : [...list, stopping]),
        });
        expect(epoch.length).toBe(3);
        dispose();
      }
    });
  }

  it('calls onYield of plain objects as often as yieldEvery says', async () => {
    const {model, x, y, dispose} = tinyFit(sgd(0.01));
    const yielded: string[] = [];
    const object = {
      onYield: (epoch: number, batch: number) => {
        yielded.push(`${epoch} ${batch}`);
      },
    };
    await model.fit(x, y, {
      epochs: 2,
      batchSize: 4,
      callbacks: fitCallbacks([new Counting(), object], {yieldEvery: 0.001}),
    });
    expect(yielded).toEqual(['0 0', '0 1', '1 0', '1 1']);
    dispose();
  });

  for (const names of [Object.keys(KINDS), ...Object.keys(KINDS).map(name => ['a class', name])]) {
    it(`yields to the page with ${names.join(', ')}`, async () => {
      const members = membersOf(names);
      const callbacks = fitCallbacks(
        members.map(({callback}) => callback),
        {yieldEvery: 'batch'},
      );
      const {model, x, y, dispose} = tinyFit(sgd(0.01));
      let frames = 0;
      const count = () => {
        frames++;
        timer = setTimeout(count, 0);
      };
      let timer = setTimeout(count, 0);
      await model.fit(x, y, {epochs: 4, batchSize: 4, callbacks});
      clearTimeout(timer);
      expect(frames).toBeGreaterThan(4);
      dispose();
    });
  }

  it('names a value that is not a callback', () => {
    const cases: ReadonlyArray<readonly [unknown, RegExp]> = [
      [
        Counting,
        /0 of the list is the class Counting; it must be an instance of this class\. Write new Counting\(…\)\./,
      ],
      [undefined, /must be a callback, or an object with hooks; got undefined\./],
      [{}, /has no hook; give it at least one of onTrainBegin/],
    ];
    for (const [wrong, message] of cases)
      expect((): unknown => Reflect.apply(fitCallbacks, undefined, [[wrong]])).toThrowError(message);
  });
});
