import * as tf from '@tensorflow/tfjs';
import {isOptimizer, oneCycle, scheduleAt} from 'tfjs-optim';

import {Digits} from '../../demo/digits/digits';
import {findLr} from '../../demo/digits/finder';
import {read} from '../../demo/digits/link';
import {contestantFor, Session} from '../../demo/digits/session';
import type {Setup} from '../../demo/digits/setup';
import type {Stored} from '../../demo/digits/storage';
import {type Surroundings, Trainer} from '../../demo/digits/trainer';
import {fieldsOf} from '../../demo/shared/link';
import {registerWasmTraining} from '../../src/wasm_training/register';
import {framesInNode} from '../support/frames_in_node';
import {present} from '../support/present';

const {setup} = read(fieldsOf('digits=64&batch=16&epochs=2&model=mlp&opts=adam:lr=0.01'), ['wasm']);
const PIXELS = 28 * 28;
/** Digits that differ: the page's training digits and a few held-out ones. */
const digits = new Digits(
  Uint8Array.from({length: 8100 * PIXELS}, (_, i) => (i * 7 + (i % PIXELS)) % 256),
  Uint8Array.from({length: 8100}, (_, i) => i % 10),
);

/** A promise that is settled from outside. */
class Gate {
  readonly passed: Promise<void>;
  open = () => {};
  constructor() {
    this.passed = new Promise(resolve => {
      this.open = resolve;
    });
  }
}

/** Resolves when the promises that can be settled now are settled. */
const settle = () => new Promise(resolve => setTimeout(resolve, 0));

const STORED: Stored = {setup, step: 1, places: []};

/** A trainer in surroundings where everything works at once; `changes` replace some of it. */
function trainerIn(changes: Partial<Surroundings> = {}, progressed: () => void = () => {}) {
  const messages: string[] = [];
  const trainer = new Trainer(
    digits,
    {
      backend: () => 'wasm',
      start: () => Promise.resolve(),
      save: () => Promise.resolve(),
      stored: () => Promise.resolve(undefined),
      restore: () => Promise.reject(new Error('There is nothing to restore.')),
      ...changes,
    },
    progressed,
    message => messages.push(message),
  );
  return {trainer, messages};
}

describe('The trainer of the digits view', () => {
  let tensors: number;
  beforeAll(async () => {
    framesInNode();
    await tf.setBackend('wasm');
    registerWasmTraining();
  });
  beforeEach(() => {
    tensors = tf.memory().numTensors;
  });
  const leavesNothing = async (trainer: Trainer) => {
    await trainer.reset();
    expect(tf.memory().numTensors).withContext('tensors').toBe(tensors);
  };

  it('trains to the end, and a step at a time', async () => {
    const {trainer} = trainerIn();
    await trainer.begin();
    await trainer.train(setup, 1);
    expect([trainer.phase, trainer.session?.step]).toEqual(['paused', 1]);
    await trainer.train(setup);
    expect([trainer.phase, trainer.session?.step]).toEqual(['finished', 8]);
    await leavesNothing(trainer);
  });

  it('does not begin a training that was paused while it was built', async () => {
    const gate = new Gate();
    const {trainer} = trainerIn({start: () => gate.passed});
    await trainer.begin();
    const training = trainer.train(setup);
    await settle();
    expect([trainer.session, trainer.occupied]).withContext('while it is built').toEqual([undefined, true]);
    const pausing = trainer.pause();
    gate.open();
    await Promise.all([training, pausing]);
    expect([trainer.phase, present(trainer.session).step]).toEqual(['paused', 0]);
    await trainer.train(setup);
    expect(trainer.phase).withContext('afterwards it can go on').toBe('finished');
    await leavesNothing(trainer);
  });

  it('leaves nothing of a training that was reset while it was built', async () => {
    const gate = new Gate();
    const {trainer} = trainerIn({start: () => gate.passed});
    await trainer.begin();
    const training = trainer.train(setup);
    await settle();
    const resetting = trainer.reset();
    gate.open();
    await Promise.all([training, resetting]);
    expect([trainer.phase, trainer.session]).toEqual(['ready', undefined]);
    expect(tf.memory().numTensors).toBe(tensors);
  });

  it('trains with a new setup after a reset, and the old training writes nothing into it', async () => {
    const {trainer} = trainerIn();
    await trainer.begin();
    const old = trainer.train(setup);
    await settle();
    const before = present(trainer.session);
    const other: Setup = {...setup, epochs: 1, seed: 2};
    await Promise.all([old, trainer.reset(), trainer.train(other)]);
    const steps = before.step;
    const session = present(trainer.session);
    expect(session).not.toBe(before);
    expect(session.setup).toBe(other);
    expect(session.contestants.map(({history}) => history.losses.length)).toEqual([4, 4]);
    expect(before.step).toBe(steps);
    await leavesNothing(trainer);
  });

  it('saves the whole training where it is reset meanwhile', async () => {
    const gate = new Gate();
    const saved: number[] = [];
    const {trainer} = trainerIn({
      save: async ({contestants}) => {
        for (const {model} of contestants) {
          await gate.passed;
          saved.push(tf.tidy(() => present(model.getWeights()[0]).dataSync().length));
        }
      },
    });
    await trainer.begin();
    const training = trainer.train(setup);
    await settle();
    const ends = [training, trainer.save(), trainer.reset()];
    await settle();
    gate.open();
    await Promise.all(ends);
    expect(saved).toEqual([PIXELS * 128, PIXELS * 128]);
    expect(trainer.phase).toBe('ready');
    expect(tf.memory().numTensors).toBe(tensors);
  });

  it('saves one after the other', async () => {
    let saving = 0;
    let most = 0;
    const {trainer} = trainerIn({
      save: async () => {
        most = Math.max(most, ++saving);
        await settle();
        saving--;
      },
    });
    await trainer.begin();
    const training = trainer.train(setup);
    await settle();
    await Promise.all([training, trainer.save(), trainer.save()]);
    expect(most).toBe(1);
    await leavesNothing(trainer);
  });

  it('a training in which a step failed stays failed, until it is reset or restored', async () => {
    const {trainer} = trainerIn(
      {stored: () => Promise.resolve(STORED)},
      jasmine.createSpy().and.throwError(new Error('no device')),
    );
    await trainer.begin();
    await expectAsync(trainer.train(setup)).toBeRejectedWithError('no device');
    expect(trainer.phase).toBe('failed');
    await expectAsync(trainer.restore()).toBeRejectedWithError('There is nothing to restore.');
    expect(trainer.phase).toBe('failed');
    await leavesNothing(trainer);
    expect(trainer.phase).toBe('ready');
  });

  it('starts its backend again when the visitor comes back from another view, with a training or without', async () => {
    const started: string[] = [];
    const {trainer} = trainerIn({
      start: backend => {
        started.push(backend);
        return Promise.resolve();
      },
    });
    await trainer.begin();
    await trainer.comeBack();
    await trainer.train(setup, 1);
    await trainer.comeBack();
    expect(started).toEqual(['wasm']);
    for (const many of [2, 3]) {
      await trainer.leave();
      await trainer.comeBack();
      expect(started.length).toBe(many);
      await trainer.reset();
    }
    expect(tf.memory().numTensors).toBe(tensors);
  });

  it('goes on after what failed', async () => {
    let fails = true;
    const {trainer} = trainerIn({
      start: () => (fails ? Promise.reject(new Error('no backend')) : Promise.resolve()),
    });
    await trainer.begin();
    await expectAsync(trainer.train(setup)).toBeRejectedWithError('no backend');
    expect(trainer.phase).toBe('ready');
    fails = false;
    await trainer.train(setup, 1);
    expect(trainer.phase).toBe('paused');
    await leavesNothing(trainer);
  });

  it('a step that fails leaves no tensors', async () => {
    const session = Session.start(setup, digits);
    const {model} = present(session.contestant('adam'));
    const before = tf.memory().numTensors;
    spyOn(model, 'apply').and.throwError(new Error('no memory'));
    await expectAsync(session.round()).toBeRejectedWithError('no memory');
    expect(tf.memory().numTensors).toBe(before);
    session.dispose();
  });
});

describe('The learning rate of a contestant', () => {
  beforeAll(async () => {
    framesInNode();
    await tf.setBackend('wasm');
    registerWasmTraining();
  });
  const rates = (lr: number) => {
    const schedule = present(oneCycle({lrMax: lr}).schedulesFor([{lr}])['lr']);
    return Array.from({length: 8}, (_, i) => present(scheduleAt(schedule, i / 8)[0]));
  };
  const expectRates = (lrs: readonly number[], expected: readonly number[]) => {
    expect(lrs.length).toBe(expected.length);
    lrs.forEach((lr, i) => {
      expect(lr)
        .withContext(`step ${i + 1}`)
        .toBeCloseTo(present(expected[i]), 12);
    });
  };

  for (let hops = 0; hops < 8; hops++) {
    it(`counts from the next step on where it is set during a step, ${hops} microtasks after its start`, async () => {
      const contestant = contestantFor('adam', setup);
      const batch = digits.batch([0, 1, 2, 3]);
      for (let i = 0; i < 2; i++) await contestant.train(batch, true);
      const step = contestant.train(batch, true);
      for (let i = 0; i < hops; i++) await Promise.resolve();
      contestant.setLr(0.05);
      await step;
      for (let i = 0; i < 5; i++) await contestant.train(batch, true);
      expectRates(contestant.history.lrs, [...rates(0.01).slice(0, 3), ...rates(0.05).slice(3)]);
      tf.dispose([batch.xs, batch.ys]);
      contestant.dispose();
    });
  }

  it('stays as it was set during a search for another one', async () => {
    const contestant = contestantFor('adam', setup);
    const batch = digits.batch([0, 1, 2, 3]);
    await contestant.train(batch, false);
    await findLr(contestant, digits.slice(0, 64), 16, new AbortController().signal, step => {
      if (step === 2) contestant.setLr(0.05);
    });
    await contestant.train(batch, false);
    expectRates(contestant.history.lrs, [present(rates(0.01)[0]), present(rates(0.05)[1])]);
    tf.dispose([batch.xs, batch.ys]);
    contestant.dispose();
  });

  it('is saved as it was set', () => {
    const contestant = contestantFor('adam', {...setup, schedule: 'constant'});
    contestant.setLr(0.05);
    contestant.followCourse();
    const {optimizer} = contestant.model;
    if (!isOptimizer(optimizer)) throw new Error('adam is an optimizer of tfjs-optim.');
    expect(optimizer.hypers[0]?.['lr']).toBe(0.05);
    contestant.dispose();
  });
});
