import {adviceFor, wordsFor} from '../../demo/digits/advice';
import {exampleOf} from '../../demo/digits/example';
import {fieldsFor, read} from '../../demo/digits/link';
import {Pace, roughly} from '../../demo/digits/pace';
import {ranked} from '../../demo/digits/ranking';
import type {Runner} from '../../demo/digits/run';
import {linkOf} from '../../demo/shared/link';
import {lookOf} from '../../demo/shared/look';
import {present} from '../support/present';

/** A contestant with these losses and accuracies, one of each per step. */
function runner(name: string, losses: readonly number[], accuracies: readonly number[] = []): Runner {
  return {
    entrant: {
      name,
      look: lookOf(name),
      lr: 0.01,
      make: () => {
        throw new Error(`${name} does not train here.`);
      },
    },
    history: {
      losses: [...losses],
      lrs: losses.map(() => 0.01),
      moms: losses.map(() => 0.9),
      scores: accuracies.map((accuracy, i) => ({step: i + 1, accuracy})),
    },
    times: {typical: undefined},
  };
}

describe('the example run of the digits view', () => {
  const {run, label} = exampleOf();

  it('is of the setup of a page without a link', () => {
    expect(linkOf(fieldsFor(run.setup))).toBe(linkOf(fieldsFor(read(new Map(), ['wasm']).setup)));
    expect(run.contestants.map(({entrant: {name}}) => name)).toEqual(Object.keys(run.setup.lrs));
  });

  it('is finished, and has all that the charts and the table read', () => {
    expect(run.step).toBe(run.steps);
    for (const {
      entrant: {name},
      history: {losses, lrs, moms, scores},
      times,
    } of run.contestants) {
      for (const values of [losses, lrs, moms]) {
        expect(values.length).withContext(name).toBe(run.steps);
        expect(values.every(Number.isFinite)).withContext(name).toBeTrue();
      }
      expect(present(losses.at(-1)))
        .withContext(name)
        .toBeLessThan(present(losses[0]));
      expect(present(scores.at(-1)).step)
        .withContext(name)
        .toBe(run.steps);
      expect(scores.every(({accuracy}) => accuracy >= 0 && accuracy <= 1)).toBeTrue();
      const {optimizer, whole} = present(times.typical);
      expect(optimizer).withContext(name).toBeGreaterThan(0);
      expect(whole).withContext(name).toBeGreaterThan(optimizer);
    }
  });

  it('says that it is an example, of which day and machine', () => {
    expect(label).toMatch(/^This is an example run, of \d{4}-\d\d-\d\d on .+\. Press Train: /);
  });

  it('is refused where its link has a setting that the page lacks', () => {
    expect(() =>
      exampleOf({date: '2026-01-01', machine: 'a machine', link: '#backend=wasm&layers=3', contestants: []}),
    ).toThrowError(/settings that the page lacks: layers=3 \(there is no such setting\)\.$/);
  });
});

describe('the ranking of contestants', () => {
  const [a, b, c, d] = [
    runner('adam', [1, 0.5], [0.9]),
    runner('sgd', [1, 0.4], [0.8]),
    runner('lion', [1, NaN], [0.1]),
    runner('lamb', [1, 0.6], [0.9]),
  ];
  const names = (by: 'accuracy' | 'loss', all = [c, b, d, a]) => ranked(all, by).map(({entrant: {name}}) => name);

  it('by accuracy: equal ones by loss', () => {
    expect(names('accuracy')).toEqual(['adam', 'lamb', 'sgd', 'lion']);
  });

  it('by loss: one that has diverged comes last', () => {
    expect(names('loss')).toEqual(['sgd', 'adam', 'lamb', 'lion']);
  });

  it('before the first step: as they were chosen', () => {
    expect(names('accuracy', [runner('sgd', []), runner('adam', [])])).toEqual(['sgd', 'adam']);
  });
});

describe('the advice after a run', () => {
  const {run} = exampleOf();
  /** Losses in even steps from one value to another. */
  const line = (from: number, to: number, n = 200) =>
    Array.from({length: n}, (_, i) => from + ((to - from) * i) / (n - 1));
  const adviceOf = (contestants: readonly Runner[], cycles = 1) =>
    adviceFor({
      ...run,
      setup: {...run.setup, cycles, lrs: Object.fromEntries(contestants.map(({entrant: {name}}) => [name, 0.01]))},
      contestants,
    });
  const good = runner('adam', line(2, 0.05), [0.97]);

  for (const [what, contestants, text, buttons] of [
    [
      'one has diverged: a tenth of its rate',
      [good, runner('sgd', [2, NaN, NaN], [0.1])],
      /^sgd has diverged: /,
      ['Train anew with sgd at 0.001', 'Copy the code'],
    ],
    [
      'the loss still falls: train on',
      [runner('adam', line(2, 0.5), [0.7])],
      /^adam is the best, but reads only 70\.0 % .* train on\.$/,
      ['Train another cycle', 'Draw a digit', 'Copy the code'],
    ],
    [
      'the loss stays where it is: another rate',
      [runner('adam', line(2.3, 2.29), [0.2])],
      /hardly falls at the end\. Try another learning rate/,
      ['Train anew with adam at 0.03', 'Train another cycle', 'Draw a digit', 'Copy the code'],
    ],
    [
      'one is behind and slow: a higher rate',
      [good, runner('sgd', line(2, 0.6), [0.9])],
      /^adam reads 97\.0 % of the digits\. sgd is behind, with 90\.0 %\. .* try a higher rate\.$/,
      ['Train anew with sgd at 0.03', 'Train another cycle', 'Draw a digit', 'Copy the code'],
    ],
    [
      'one is behind because its loss rose: a lower rate',
      [good, runner('sgd', [...line(2, 0.2), ...line(0.2, 1)], [0.8])],
      /Its loss rose again, so try a lower rate\.$/,
      ['Train anew with sgd at 0.003', 'Train another cycle', 'Draw a digit', 'Copy the code'],
    ],
    [
      'all are good: use the network',
      [good, runner('sgd', line(2, 0.06), [0.965])],
      /^adam reads 97\.0 % of the digits, and all others are near\. Draw a digit/,
      ['Draw a digit', 'Copy the code', 'Train another cycle'],
    ],
  ] as const) {
    it(what, () => {
      const advice = adviceOf(contestants);
      expect(advice.text).toMatch(text);
      expect(advice.next.map(wordsFor)).toEqual([...buttons]);
    });
  }

  it('does not offer a cycle beyond the highest number of cycles', () => {
    expect(adviceOf([good], 10).next.map(wordsFor)).toEqual(['Draw a digit', 'Copy the code']);
  });

  it('of the example run needs no cure', () => {
    expect(adviceFor(run).text).toMatch(/^adam reads 97\.\d % of the digits/);
  });
});

describe('the time left', () => {
  it('is that of the steps left at the pace of the last steps', () => {
    const pace = new Pace();
    expect(pace.timeOf(10)).toBeUndefined();
    pace.begin(1000);
    expect(pace.timeOf(10)).toBeUndefined();
    pace.add(1200);
    expect(pace.timeOf(10)).toBe(2000);
    for (let i = 1; i <= 30; i++) pace.add(1200 + 50 * i);
    expect(pace.timeOf(100)).withContext('the first step was slow, and is long ago').toBe(5000);
    pace.begin(9000);
    expect(pace.timeOf(10)).withContext('after a pause').toBeUndefined();
  });

  for (const [seconds, words] of [
    [1, 'a few seconds'],
    [7, 'about 5 seconds'],
    [52, 'about 50 seconds'],
    [70, 'about a minute'],
    [140, 'about 2 minutes'],
    [3700, 'about an hour'],
    [9000, 'about 3 hours'],
  ] as const) {
    it(`of ${seconds} seconds is ${words}`, () => {
      expect(roughly(1000 * seconds)).toBe(words);
    });
  }
});
