import * as tf from '@tensorflow/tfjs';

import {Digits} from '../../demo/digits/digits';
import {digitBytes} from '../../demo/digits/digits_asset';
import {fieldsFor as digitsFields, read as readDigits} from '../../demo/digits/link';
import {startFrom} from '../../demo/digits/own/base';
import {examplesOf} from '../../demo/digits/own/classes';
import {OwnImages} from '../../demo/digits/own/own_images';
import {ownProgram} from '../../demo/digits/own/program';
import {digitsProgram} from '../../demo/digits/program';
import {Session} from '../../demo/digits/session';
import {read} from '../../demo/landscape/link';
import {landscapeProgram} from '../../demo/landscape/program';
import {Race} from '../../demo/landscape/race';
import {fieldsOf, linkOf} from '../../demo/shared/link';
import {registerWasmTraining} from '../../src/wasm_training/register';
import {framesInNode} from '../support/frames_in_node';
import {present} from '../support/present';
import {programsInNode} from '../support/programs_in_node';

describe('The programs to copy', () => {
  const run = programsInNode();
  afterAll(() => tf.setBackend('wasm'));

  /** The lines of figures that a program prints, as lists of words. */
  async function printed(program: string): Promise<string[][]> {
    return (await run(program)).filter(line => /^[\w.]+ (\d|accuracy)/.test(line)).map(line => line.split(' '));
  }

  const landscapes = [
    'f=rosenbrock&steps=60&opts=sgd,adam:mom=0.8,lion,muon,prodigy',
    'f=bowl&condition=100&schedule=oneCycle&steps=60&opts=adam:lr=0.3,scheduleFreeAdamW,ranger:wd=0.1',
    'f=beale&start=2,-1&schedule=wsd&steps=60&opts=sgd:mom=0.9,scheduleFreeSgd:lr=0.001,adafactor',
    'f=himmelblau&schedule=warmupCos&steps=60&opts=adan:diffMom=0.8,mars:mom1d=0.8',
    'f=saddle&schedule=flatCos&steps=60&opts=larc,lamb',
    'f=noisy&noise=0.7&steps=60&opts=adamW,rmsProp',
  ];
  for (const link of landscapes) {
    it(`print the paths of ${link}`, async () => {
      const {setup, notes} = read(fieldsOf(link));
      expect(notes).toEqual([]);
      const lines = await printed(landscapeProgram(setup));
      await tf.setBackend('cpu');
      const race = new Race(setup);
      while (!race.finished) race.advance();
      expect(lines).toEqual(
        race.descents.flatMap(({name, path, values}) =>
          path.slice(1).map(([x, y], i) => [name, i + 1, x, y, present(values[i + 1])].map(String)),
        ),
      );
      race.dispose();
    });
  }

  for (const link of [
    'digits=96&batch=32&epochs=2&seed=3&opts=adam:lr=0.02,scheduleFreeAdamW,tf.train.adam',
    'digits=64&batch=24&epochs=1&schedule=constant&opts=sgd',
    'digits=64&batch=32&epochs=1&cycles=2&model=mlp&opts=adam,scheduleFreeAdamW,tf.train.adam',
    'digits=64&batch=32&epochs=1&model=deep&opts=lamb:lr=0.01',
  ]) {
    it(`train on the digits as the page does: ${link}`, async () => {
      framesInNode();
      const {setup, notes} = readDigits(fieldsOf(link), ['wasm', 'webgl']);
      expect(notes).toEqual([]);
      const lines = await printed(digitsProgram(setup));
      await tf.setBackend('wasm');
      registerWasmTraining();
      const session = Session.start(setup, Digits.of(await digitBytes()));
      while (!session.finished) await session.round();
      expect(lines).toEqual(
        session.contestants.flatMap(({entrant: {name}, history: {losses, scores}}) => [
          ...losses.map((loss, i) => [name, String(i + 1), String(loss)]),
          [name, 'accuracy', String(Math.fround(present(scores.at(-1)).accuracy))],
        ]),
      );
      session.dispose();
    });
  }

  for (const [link, name, steps, cycles] of [
    ['digits=64&batch=32&epochs=2&seed=3&opts=tf.train.adam:lr=0.02', 'tf.train.adam', 4, 1],
    ['digits=64&batch=32&epochs=2&opts=scheduleFreeAdamW,tf.train.adam:lr=0.0000001', 'scheduleFreeAdamW', 3, 3],
  ] as const) {
    it(`learn the visitor's pictures as the page does: ${link}`, async () => {
      framesInNode();
      const {setup} = readDigits(fieldsOf(link), ['wasm']);
      await tf.setBackend('wasm');
      registerWasmTraining();
      const session = Session.start(setup, Digits.of(await digitBytes()));
      for (let i = 0; i < steps; i++) await session.round();
      const classes = ['A "b"', "c'd"].map((named, label) => ({
        name: named,
        pictures: Array.from({length: 3 + label}, (_, i) =>
          Uint8Array.from({length: 784}, (_byte, j) => (j * (label + 1) + 50 * i) % 256),
        ),
      }));
      const own = new OwnImages();
      own.change(classes);
      const {base, make} = startFrom(session);
      expect(base.name).toBe(name);
      for (let i = 0; i < cycles; i++) await own.train(make, new AbortController().signal, () => {});
      const classifier = present(own.classifier);
      const lines = await printed(ownProgram(classes, base, classifier.moreCycles));
      await tf.setBackend('wasm');
      const answers = await classifier.read(examplesOf(classes).map(({picture}) => picture));
      expect(lines.filter(([word]) => word === 'picture')).toEqual(
        answers.map((answer, i) => ['picture', i + 1, ...answer].map(String)),
      );
      expect(lines.filter(([word]) => word === base.name).length).toBe(steps + 1);
      own.forget();
      session.dispose();
    });
  }

  it("come from links of the digits, which hold the view's whole setup", () => {
    const backends = ['wasm', 'webgl'];
    const {setup} = readDigits(
      fieldsOf(
        'backend=webgl&model=deep&schedule=constant&digits=640&batch=16&epochs=4&cycles=2&seed=9&' +
          'opts=lamb:lr=0.5,tf.train.adam:lr=1',
      ),
      backends,
    );
    expect(setup.lrs).toEqual({lamb: 0.5, 'tf.train.adam': 1});
    expect(readDigits(fieldsOf(linkOf(digitsFields(setup))), backends)).toEqual({setup, notes: []});
    const wrong = readDigits(
      fieldsOf('backend=tpu&model=big&digits=1&batch=8.5&opts=lamb:lr=0:mom=1&opts2=1'),
      backends,
    );
    expect(wrong.setup).toEqual({...readDigits(new Map(), backends).setup, lrs: {lamb: 0.03, 'tf.train.adam': 0.01}});
    expect(wrong.notes.map(note => note.replace(/ \(.*/, ''))).toEqual([
      'lamb:lr=0',
      'lamb:mom=1',
      'backend=tpu',
      'model=big',
      'digits=1',
      'batch=8.5',
      'opts2=1',
    ]);
  });
});
