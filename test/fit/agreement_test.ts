import {type Agreement, lrFind, minimum, sgd, slide, steep, valley} from '../../src';
import {agreementOf} from '../../src/fit/agreement';
import {joined} from '../support/joined';
import {present} from '../support/present';
import {tf} from '../support/tfjs';

const lrs = Array.from({length: 100}, (_, i) => 1e-7 * 1e8 ** (i / 100));
const curve = (lossAt: (i: number) => number, steps = 100, numIt = 100): Agreement =>
  agreementOf({lrs: lrs.slice(0, steps), losses: lrs.slice(0, steps).map((_, i) => lossAt(i)), numIt});
/** Flat at first. Falls from step 45, is lowest at step 75, and explodes after that. */
const good = (i: number) => (i < 45 ? 2 : i < 75 ? 2 - (i - 45) / 25 : 0.8 + (i - 75) ** 2 / 100);

/** Straight lines through points. */
const through = (points: ReadonlyArray<readonly [number, number]>) => (i: number) => {
  const next = points.findIndex(([x]) => x > i);
  const [[a, from], [b, to]] = [present(points[next - 1]), present(points[next])];
  return from + ((to - from) * (i - a)) / (b - a);
};

describe('A rule for a learning rate', () => {
  it('needs one rate per loss', () => {
    for (const rule of [valley, slide, minimum, steep]) {
      expect(() => rule([0.1, 0.2], [3, 2, 1])).toThrowError(
        'A rule needs one learning rate per loss; got 2 rates and 3 losses.',
      );
      expect(() => rule([0.1, 0.2], [3])).toThrowError(/; got 2 rates and 1 losses\.$/);
    }
  });

  it('needs two lists', () => {
    const given: ReadonlyArray<readonly [args: readonly unknown[], got: string]> = [
      [[], 'undefined and undefined'],
      [[{lrs: [1], losses: [2]}], '{lrs: [1], losses: [2]} and undefined'],
      [[[1, 2]], '[1, 2] and undefined'],
      [[Float32Array.of(1), [1]], 'a Float32Array and [1]'],
    ];
    for (const [name, rule] of Object.entries({valley, slide, minimum, steep}))
      for (const [args, got] of given)
        expect(() => {
          Reflect.apply(rule, undefined, args);
        }).toThrowError(
          `${name} takes a list of rates and a list of losses; got ${got}. ` +
            `For a result of lrFind, write ${name}(result.lrs, result.losses).`,
        );
  });
});

describe('What lrFind suggests', () => {
  it('is the geometric mean of the rules that agree', () => {
    const {suggestion, reason, ...rules} = curve(good);
    const wanted = [rules.valley, rules.minimum, rules.steep].map(Number);
    expect(reason).toMatch(
      /^[a-z, ]+ and [a-z]+ agree within a factor of [\d.]+\. The suggestion is their geometric mean\.$/,
    );
    const names = reason.split(' agree')[0]?.split(/, | and /) ?? [];
    expect(names.length).toBeGreaterThan(1);
    const taken = names.map(name => Number(new Map(Object.entries(rules)).get(name)));
    expect(Math.max(...taken) / Math.min(...taken)).toBeLessThanOrEqual(10);
    expect(suggestion).toBeCloseTo(Math.exp(taken.reduce((sum, lr) => sum + Math.log(lr), 0) / taken.length), 12);
    expect(suggestion).toBeLessThanOrEqual(Number(rules.minimum));
    expect(wanted.every(Number.isFinite)).toBeTrue();
  });

  it('is no higher than minimum', () => {
    const {suggestion, minimum, reason} = curve(
      through([
        [0, 4],
        [12, 3.2],
        [54, 3],
        [75, 2.9],
        [76, 1.6],
        [100, 2.4],
      ]),
    );
    expect(suggestion).toBe(minimum);
    expect(reason).toMatch(
      joined(
        /^minimum and steep agree within a factor of [\d.]+\. /,
        /Their geometric mean is above minimum, so the suggestion is minimum\.$/,
      ),
    );
  });

  it('says that a curve is noisy', () => {
    const {suggestion, reason} = curve(i => good(i) + (i % 2) / 5);
    expect(suggestion).toBeDefined();
    expect(reason).toMatch(
      joined(
        /agree within a factor of .* The curve is noisy: /,
        /make more steps \(numIt\) or larger batches for a surer suggestion\.$/,
      ),
    );
  });

  const nothing: ReadonlyArray<readonly [what: string, found: () => Agreement, reason: string]> = [
    [
      'a flat curve',
      () => curve(i => 2 + Math.sin(i) / 100),
      'The curve is flat: the loss does not fall by 2 % at any rate. Make more steps (numIt), or look for a ' +
        'mistake in the model or the data.',
    ],
    [
      'a loss of zero',
      () => curve(() => 0),
      'The curve is flat: the loss does not fall by 2 % at any rate. Make more steps (numIt), or look for a ' +
        'mistake in the model or the data.',
    ],
    [
      'a curve that only rises',
      () => curve(i => 2 + i / 20),
      'The loss rises from the beginning and hardly falls at any rate. Begin at a lower startLr, or look for a ' +
        'mistake in the model or the data.',
    ],
    [
      'a curve that explodes at once',
      () => curve(i => 2 ** i, 6),
      'The loss exploded, or the data ended, after 6 of 100 steps, which is too early for a suggestion. Begin at ' +
        'a lower startLr.',
    ],
    [
      'NaN at once',
      () => curve(i => (i < 12 ? 2 : NaN)),
      'The loss was NaN or infinite from step 13 on, which is too early for a suggestion. Begin at a lower ' +
        'startLr, and check the data and the loss function.',
    ],
    [
      'infinite losses at once',
      () => curve(() => Infinity),
      'The loss was NaN or infinite from step 1 on, which is too early for a suggestion. Begin at a lower ' +
        'startLr, and check the data and the loss function.',
    ],
    [
      'rules that disagree',
      () =>
        curve(
          through([
            [0, 4],
            [36, 1.7],
            [38, 1.9],
            [80, 1.3],
            [91, 1.2],
            [100, 0.7],
          ]),
        ),
      'No two rules agree within a factor of 10.',
    ],
    ['few steps', () => curve(good, 20, 20), '20 steps are too few for a suggestion. Set numIt to at least 25.'],
  ];
  for (const [what, found, reason] of nothing) {
    it(`is undefined for ${what}`, () => {
      expect(found()).toEqual(jasmine.objectContaining({suggestion: undefined, reason}));
    });
  }

  it('has enough points with numIt 25', () => {
    expect(
      agreementOf({
        lrs: lrs.filter((_, i) => i % 4 === 0),
        losses: lrs.filter((_, i) => i % 4 === 0).map((_, i) => good(4 * i)),
        numIt: 25,
      }).suggestion,
    ).toBeDefined();
  });

  it('trains better than the initial rate', async () => {
    await tf.setBackend('cpu');
    const xs = tf.tensor2d(
      Array.from({length: 128}, (_, i) => Math.sin(7 * i)),
      [64, 2],
    );
    const ys = tf.tidy(() => xs.matMul(tf.tensor2d([[2], [-1]])));
    const after = async (lr?: number) => {
      const model = tf.sequential({
        layers: [tf.layers.dense({units: 1, inputShape: [2], kernelInitializer: 'zeros'})],
      });
      model.compile({optimizer: sgd(1e-3), loss: 'meanSquaredError'});
      const {suggestion = NaN} = await lrFind(model, xs, ys, {batchSize: 8, shuffle: false});
      if (lr === undefined) model.compile({optimizer: sgd(suggestion), loss: 'meanSquaredError'});
      const {history} = await model.fit(xs, ys, {epochs: 3, batchSize: 8, shuffle: false});
      model.dispose();
      return Number(history['loss']?.at(-1));
    };
    expect(await after()).toBeLessThan((await after(1e-3)) / 2);
    tf.dispose([xs, ys]);
  });
});
