import * as tf from '@tensorflow/tfjs';

import {Digits} from '../../demo/digits/digits';
import {read} from '../../demo/digits/link';
import {startFrom} from '../../demo/digits/own/base';
import {
  type Classes,
  examplesOf,
  FIRST_CLASSES,
  LIMITS,
  missingIn,
  renamed,
  withClass,
  withoutClass,
  withoutPicture,
  withPicture,
} from '../../demo/digits/own/classes';
import {type Classifier, PLAN, type Progress} from '../../demo/digits/own/classifier';
import {OwnImages} from '../../demo/digits/own/own_images';
import {inputOf, type Picture, type Pixels, seen} from '../../demo/digits/own/picture';
import {restore, save} from '../../demo/digits/own/storage';
import {NO_WEBCAMS, whyNoWebcam} from '../../demo/digits/own/webcam_errors';
import {Session} from '../../demo/digits/session';
import {fieldsOf} from '../../demo/shared/link';
import {registerWasmTraining} from '../../src/wasm_training/register';
import {framesInNode} from '../support/frames_in_node';
import {present} from '../support/present';

/** An image in grey; `grey` gives the brightness of each pixel. */
function image(width: number, height: number, grey: (x: number, y: number) => number, opacity = 255): Pixels {
  const data = Array.from({length: width * height}, (_, i) => {
    const value = grey(i % width, Math.floor(i / width));
    return [value, value, value, opacity];
  }).flat();
  return {data, width, height};
}

/** A picture of lines that lie (class 0), stand (class 1) or cross (class 2); `shift` moves them. */
function lines(label: number, shift: number): Picture {
  const isLine = (place: number) => (place + shift) % 7 < 2;
  return seen(
    image(28, 28, (x, y) => ((label !== 1 && isLine(y)) || (label !== 0 && isLine(x)) ? 200 : 40 + ((x * y) % 5))),
  );
}

function classesOf(labels: readonly number[], pictures = 4): Classes {
  return labels.map(label => ({
    name: ['lying', 'standing', 'crossing'][label] ?? '',
    pictures: Array.from({length: pictures}, (_, i) => lines(label, i)),
  }));
}

/** A place for one model, as the browser's storage is. */
class Stored {
  #artifacts: tf.io.ModelArtifacts | undefined;
  readonly handler = tf.io.withSaveHandler(artifacts => {
    this.#artifacts = structuredClone(artifacts);
    return Promise.resolve({modelArtifactsInfo: {dateSaved: new Date(0), modelTopologyType: 'JSON'}});
  });
  get again(): tf.io.IOHandler {
    return tf.io.fromMemory(present(this.#artifacts));
  }
}

describe('a picture as the network sees it', () => {
  const at = (picture: Picture, x: number, y: number) => picture[y * 28 + x];

  it('has 28·28 pixels, the darkest 0 and the brightest 255', () => {
    const picture = seen(image(56, 56, x => 50 + x));
    expect(picture.length).toBe(28 * 28);
    expect([at(picture, 0, 0), at(picture, 27, 13)]).toEqual([0, 255]);
    expect(at(picture, 14, 5)).toBe(Math.round((255 * 14) / 27));
  });

  it('is the square in the middle', () => {
    const wide = seen(image(60, 28, x => (x === 16 || x === 43 ? 200 : x < 16 || x > 43 ? 90 : 0)));
    expect([at(wide, 0, 3), at(wide, 1, 3), at(wide, 26, 3), at(wide, 27, 3)]).toEqual([255, 0, 0, 255]);
    const tall = seen(image(28, 60, (_, y) => (y === 16 ? 200 : y < 16 || y > 43 ? 90 : 0)));
    expect([at(tall, 5, 0), at(tall, 5, 1)]).toEqual([255, 0]);
  });

  it('of a small image has larger pixels', () => {
    const picture = seen(image(2, 2, x => 255 * x));
    expect([at(picture, 0, 0), at(picture, 13, 27), at(picture, 14, 0), at(picture, 27, 27)]).toEqual([
      0, 0, 255, 255,
    ]);
  });

  it('is white where the image is transparent', () => {
    const {data, ...size} = image(28, 28, () => 0);
    const half = Array.from(data, (value, i) => (i % 4 === 3 && Math.floor(i / 4) % 28 < 14 ? 0 : value));
    const picture = seen({data: half, ...size});
    expect([at(picture, 0, 0), at(picture, 27, 0)]).toEqual([255, 0]);
  });

  it('weighs green more than red, and red more than blue', () => {
    const colours = [
      [255, 0, 0, 255],
      [0, 255, 0, 255],
      [0, 0, 255, 255],
    ];
    const data = Array.from({length: 28 * 28}, (_, i) => present(colours[i % 3])).flat();
    const picture = seen({data, width: 28, height: 28});
    expect([...picture.slice(0, 3)]).toEqual([Math.round((255 * (0.299 - 0.114)) / (0.587 - 0.114)), 255, 0]);
  });

  it('is refused where there is nothing to see', () => {
    expect(() => seen(image(30, 30, () => 77))).toThrowError(
      'The picture has only one brightness, so there is nothing to see. Choose another one.',
    );
    expect(() => seen({data: [], width: 0, height: 0})).toThrowError(/nothing to see/);
  });

  it('is an input from 0 to 1', () => {
    expect([...inputOf(Uint8Array.of(0, 51, 255))]).toEqual([0, Math.fround(0.2), 1]);
  });
});

describe('the classes', () => {
  it('begin as two without pictures, can be three, and not four or one', () => {
    expect(FIRST_CLASSES.map(({name}) => name)).toEqual(['Class 1', 'Class 2']);
    const three = withClass(FIRST_CLASSES);
    expect(three.map(({name}) => name)).toEqual(['Class 1', 'Class 2', 'Class 3']);
    expect(() => withClass(three)).toThrowError('There can be 3 classes at most.');
    expect(() => withoutClass(FIRST_CLASSES, 0)).toThrowError('There must be 2 classes at least.');
    expect(withoutClass(three, 0).map(({name}) => name)).toEqual(['Class 2', 'Class 3']);
    expect(withClass(renamed(FIRST_CLASSES, 0, 'cats'))[2]?.name).toBe('Class 3');
    expect(withClass(withoutClass(three, 0)).map(({name}) => name)).toEqual(['Class 2', 'Class 3', 'Class 1']);
  });

  it('take names and pictures, and lose them, and are new objects then', () => {
    const [a, b] = [lines(0, 0), lines(0, 1)];
    const filled = withPicture(withPicture(renamed(FIRST_CLASSES, 1, ' cats '), 1, a), 1, b);
    expect(filled[1]).toEqual({name: 'cats', pictures: [a, b]});
    expect(withoutPicture(filled, 1, 0)[1]?.pictures).toEqual([b]);
    expect(FIRST_CLASSES[1]?.pictures).toEqual([]);
  });

  it('have room for 100 pictures each', () => {
    const full = classesOf([0, 1], LIMITS.pictures.most);
    expect(() => withPicture(full, 0, lines(0, 0))).toThrowError("'lying' has 100 pictures, which is the most.");
  });

  for (const [what, classes, missing] of [
    ['no pictures', classesOf([0, 1], 0), 'At least two classes need pictures, 3 each; none has any.'],
    [
      'pictures of one class',
      [...classesOf([0]), ...classesOf([1], 0)],
      "At least two classes need pictures, 3 each; only 'lying' has some.",
    ],
    ['too few pictures', [...classesOf([0]), ...classesOf([1], 1)], "'standing' has 1 picture and needs 3. Add 2."],
    [
      'a third class without pictures',
      [...classesOf([0, 1]), ...classesOf([2], 0)],
      "'crossing' has no pictures and needs 3. Add 3, or remove the class.",
    ],
    ['a class without a name', renamed(classesOf([0, 1]), 1, ' '), 'Class 2 has no name. Give it one.'],
    [
      'two equal names',
      renamed(classesOf([0, 1]), 1, 'lying'),
      "Two classes have the name 'lying'. Give one of them another name.",
    ],
    ['nothing', classesOf([0, 1, 2], 3), undefined],
  ] as const) {
    it(`say what is missing: ${what}`, () => {
      expect(missingIn(classes)).toBe(missing);
    });
  }

  it('give their pictures in turn', () => {
    const examples = examplesOf([...classesOf([0], 3), ...classesOf([1], 1), ...classesOf([2], 2)]);
    expect(examples.map(({label}) => label)).toEqual([0, 1, 2, 0, 2, 0]);
    expect(examples[4]?.picture).toEqual(lines(2, 1));
  });
});

describe('the reasons why there is no webcam', () => {
  const error = (name: string) => Object.assign(new Error('the device'), {name});
  for (const [name, text] of [
    ['NotAllowedError', /does not let the page use the webcam\. Allow it/],
    ['NotFoundError', /^There is no webcam\./],
    ['NotReadableError', /^The webcam is in use\./],
    ['AbortError', /^The webcam did not start: the device\. /],
  ] as const) {
    it(name, () => {
      expect(whyNoWebcam(error(name))).toMatch(text);
      expect(whyNoWebcam(error(name))).toMatch(/ You can also drop or choose picture files\.$/);
    });
  }
  it('a page without https', () => {
    expect(whyNoWebcam(NO_WEBCAMS)).toMatch(/^The webcam did not start: Browsers show it only to pages .* by https\./);
  });
});

describe('own images', () => {
  const {setup} = read(fieldsOf('digits=64&batch=16&epochs=1&opts=adam:lr=0.01'), ['wasm']);
  const digits = new Digits(
    Uint8Array.from({length: 8100 * 784}, (_, i) => (i * 7 + (i % 784)) % 256),
    Uint8Array.from({length: 8100}, (_, i) => i % 10),
  );
  let session: Session;
  beforeAll(async () => {
    framesInNode();
    await tf.setBackend('wasm');
    registerWasmTraining();
    session = Session.start(setup, digits);
    await session.round();
  });
  afterAll(() => {
    session.dispose();
  });
  const never = new AbortController().signal;
  const make = (classes: number) => startFrom(session).make(classes);
  const ownOf = (classes: Classes) => {
    const own = new OwnImages();
    own.change(classes);
    return own;
  };
  const weightsOf = (classifier: Classifier) =>
    tf.tidy(() => classifier.model.getWeights().map(weight => [...weight.dataSync()]));

  it('are learnt: new pictures are read, and the network of the digits stays as it was', async () => {
    const own = ownOf(classesOf([0, 1, 2]));
    const {model} = present(session.contestant('adam'));
    const before = model.getWeights().map(weight => [...weight.dataSync()]);
    const seenProgress: Progress[] = [];
    const done = await own.train(make, never, progress => seenProgress.push(progress));
    expect(done).toBe('Done. The network reads 12 of your 12 pictures correctly. Now try another one.');
    const steps = (PLAN.frozenEpochs + PLAN.epochs) * 2;
    expect(seenProgress).toEqual(Array.from({length: steps}, (_, i) => ({step: i + 1, steps})));
    for (const [label, name] of ['lying', 'standing', 'crossing'].entries()) {
      const {probabilities, text} = await own.read(lines(label, 5));
      expect(probabilities.indexOf(Math.max(...probabilities)))
        .withContext(name)
        .toBe(label);
      expect(text).toMatch(new RegExp(`^${name} \\([\\d.]+ %\\)$`));
    }
    expect(model.getWeights().map(weight => [...weight.dataSync()])).toEqual(before);
    own.forget();
  });

  it('say what is missing, and that there is no network', async () => {
    const own = ownOf(classesOf([0, 1], 2));
    await expectAsync(own.train(make, never, () => {})).toBeRejectedWithError(
      "'lying' has 2 pictures and needs 3. Add 1.",
    );
    await expectAsync(own.read(lines(0, 0))).toBeRejectedWithError(/Press Fine-tune first/);
  });

  it('need a network with convolutions that has learnt digits', () => {
    expect(() => startFrom(undefined)).toThrowError(/^There is no network yet\. First press Train/);
    const untrained = new Session(setup, digits, session.contestants, 0);
    expect(() => startFrom(untrained)).toThrowError(/^There is no network yet/);
    const other = new Session({...setup, model: 'mlp'}, digits, session.contestants, 1);
    expect(() => startFrom(other)).toThrowError(/choose the model Convolutions/);
  });

  it('stop when they are told to, and go on with the epoch in which they stopped', async () => {
    const own = ownOf(classesOf([0, 1]));
    const stop = new AbortController();
    const text = await own.train(make, stop.signal, ({step}) => {
      if (step === 7) stop.abort();
    });
    expect(text).toBe('Stopped after 6 epochs.');
    expect(present(own.classifier).cycle).toEqual({done: 6, of: 20});
    const steps: number[] = [];
    expect(
      await own.train(make, never, ({step}) => {
        steps.push(step);
      }),
    ).toMatch(/^Done\./);
    expect(steps).toEqual(Array.from({length: 14}, (_, i) => 7 + i));
    expect(present(own.classifier).epochs).toBe(20);
    own.forget();
  });

  it('come back with network and optimizer, and training goes on bit for bit', async () => {
    const own = ownOf(classesOf([0, 1]));
    await own.train(make, never, () => {});
    const stored = new Stored();
    await save(own.classes, present(own.classifier), stored.handler);
    await own.train(make, never, () => {});
    const {classes, classifier} = await restore(stored.again);
    expect(classes).toEqual(own.classes);
    expect(classifier.base).toEqual(present(own.classifier).base);
    const restored = new OwnImages();
    restored.replace(classes, classifier);
    expect(classifier.epochs).toBe(20);
    await restored.train(make, never, () => {});
    expect([classifier.epochs, classifier.moreCycles]).toEqual([30, 1]);
    expect(weightsOf(classifier)).toEqual(weightsOf(present(own.classifier)));
    own.forget();
    restored.forget();
  });

  it('are not restored from something else', async () => {
    const model = tf.sequential({layers: [tf.layers.dense({inputShape: [1], units: 1})]});
    const stored = new Stored();
    await model.save(stored.handler);
    await expectAsync(restore(stored.again)).toBeRejectedWithError(/^Another version of this page/);
    model.dispose();
  });

  it('keep the network over new names and pictures, and not over another number of classes', async () => {
    const own = ownOf(classesOf([0, 1]));
    await own.train(make, never, () => {});
    own.change(renamed(own.classes, 0, 'flat'));
    own.change(withPicture(own.classes, 0, lines(0, 6)));
    expect((await own.read(lines(0, 5))).text).toMatch(/^flat /);
    const training = own.train(make, never, () => {});
    expect(() => {
      own.change(withClass(own.classes));
    }).toThrowError('The network is training. Stop it first.');
    await training;
    own.change(withClass(own.classes));
    expect(own.classifier).toBeUndefined();
  });

  it('are read and learnt further on another backend', async () => {
    const own = ownOf(classesOf([0, 1]));
    await own.train(make, never, () => {});
    const {probabilities} = await own.read(lines(0, 5));
    const before = tf.memory().numTensors;
    const weights = weightsOf(present(own.classifier));
    await own.carryOver(async () => {
      expect(own.classifier).toBeUndefined();
      await tf.setBackend('cpu');
    });
    expect(weightsOf(present(own.classifier))).toEqual(weights);
    expect(tf.memory().numTensors).toBe(before);
    const onCpu = await own.read(lines(0, 5));
    onCpu.probabilities.forEach((probability, i) => {
      expect(probability).toBeCloseTo(present(probabilities[i]), 4);
    });
    expect(await own.train(make, never, () => {})).toMatch(/^Done\. The network reads 8 of your 8 pictures/);
    await expectAsync(
      own.carryOver(async () => {
        await tf.setBackend('wasm');
        throw new Error('no backend');
      }),
    ).toBeRejectedWithError('no backend');
    expect((await own.read(lines(1, 5))).text).toMatch(/^standing /);
    own.forget();
  });

  it('leave no tensors over repeated training, reading, saving and restoring', async () => {
    const round = async (own: OwnImages) => {
      await own.train(make, never, () => {});
      await own.read(lines(1, 5));
      const stored = new Stored();
      await save(own.classes, present(own.classifier), stored.handler);
      const {classes, classifier} = await restore(stored.again);
      own.replace(classes, classifier);
    };
    const before = tf.memory().numTensors;
    const own = ownOf(classesOf([0, 1, 2]));
    await round(own);
    await round(own);
    const after = tf.memory().numTensors;
    for (let i = 0; i < 3; i++) await round(own);
    expect(tf.memory().numTensors).withContext('training on').toBe(after);
    for (let i = 0; i < 2; i++) {
      own.forget();
      await round(own);
      const stop = new AbortController();
      await own.train(make, stop.signal, () => {
        stop.abort();
      });
    }
    own.forget();
    expect(tf.memory().numTensors).withContext('training anew').toBe(before);
  });
});
