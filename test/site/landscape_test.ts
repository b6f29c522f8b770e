import * as tf from '@tensorflow/tfjs';
import {optimizers} from 'tfjs-optim';

import {contoursOf} from '../../demo/landscape/contours';
import {distance, functionNamed, FUNCTIONS} from '../../demo/landscape/functions';
import {fieldsFor, read, usualSetup} from '../../demo/landscape/link';
import {NOTES} from '../../demo/landscape/notes';
import {Race} from '../../demo/landscape/race';
import type {LandscapeSetup} from '../../demo/landscape/setup';
import {hypersOf, isAllowed, POSITIONS} from '../../demo/landscape/sliders';
import {howItDoes, isInside, ranked, report} from '../../demo/landscape/words';
import {fieldsOf, linkOf} from '../../demo/shared/link';
import {present} from '../support/present';

const setupOf = (part: Partial<LandscapeSetup>): LandscapeSetup => ({...usualSetup(), ...part});

/** The race after all its steps. The caller must dispose it. */
function finished(part: Partial<LandscapeSetup>): Race {
  const race = new Race(setupOf(part));
  while (!race.finished) race.advance();
  return race;
}

describe('The landscape', () => {
  beforeAll(async () => {
    await tf.setBackend('cpu');
  });
  afterAll(async () => {
    await tf.setBackend('wasm');
  });

  describe('functions', () => {
    for (const f of FUNCTIONS) {
      const parameter = f.parameter?.usual ?? 0;

      it(`${f.name} has the gradient of its value`, () => {
        const h = 1e-5;
        for (const [x, y] of [f.start, [0.3, -0.7], [1.2, 0.9]] as const) {
          const [gx, gy] = f.gradient(x, y, parameter);
          const slope = (dx: number, dy: number) =>
            (f.value(x + dx, y + dy, parameter) - f.value(x - dx, y - dy, parameter)) / (2 * h);
          expect(Math.abs(gx - slope(h, 0))).toBeLessThan(1e-5 * (1 + Math.abs(gx)));
          expect(Math.abs(gy - slope(0, h))).toBeLessThan(1e-5 * (1 + Math.abs(gy)));
        }
      });

      it(`${f.name} is lowest at its minima, which its map shows as well as its start`, () => {
        for (const [x, y] of f.minima) {
          expect(f.value(x, y, parameter)).toBeCloseTo(f.lowest, 8);
          for (const slope of f.gradient(x, y, parameter)) expect(slope).toBeCloseTo(0, 3);
          expect(isInside(f, [x, y])).toBeTrue();
          expect(distance(f, [x, y])).toBe(0);
        }
        expect(isInside(f, f.start)).toBeTrue();
      });

      it(`${f.name} has contours whose points have the value of the level`, () => {
        const contours = contoursOf(f, parameter);
        expect(contours.length).toBe(16);
        // At the rim of the map the polygons are closed, and points there have higher values.
        const ratios = contours.flatMap(({level, rings}) =>
          rings
            .flat()
            .filter(point => isInside(f, point))
            .map(([x, y]) => (f.value(x, y, parameter) - f.lowest) / (level - f.lowest)),
        );
        expect(ratios.length).toBeGreaterThan(500);
        // In a narrow valley a line goes straight from one point of the grid to the next.
        expect(ratios.filter(ratio => ratio < 0.8).length / ratios.length).toBeLessThan(0.02);
      });
    }
  });

  describe('links', () => {
    it('hold the whole setup', () => {
      const setups = [
        usualSetup(),
        setupOf({
          f: 'bowl',
          parameter: 250,
          start: [-1.25, 3],
          steps: 77,
          schedule: 'oneCycle',
          speed: 180,
          optimizers: {adam: {lr: 0.2, mom: 0.5}, scheduleFreeSgd: {lr: 1e-3}, adan: {lr: 0.1, diffMom: 0.8, wd: 0.1}},
        }),
        setupOf({f: 'noisy', parameter: 0, optimizers: {muon: {lr: 0.1, wd: 0.5}}}),
      ];
      for (const setup of setups) {
        const link = linkOf(fieldsFor(setup));
        expect(link).toMatch(/^#view=landscape&f=[\w=.,:&-]+$/);
        expect(read(fieldsOf(link))).toEqual({setup, notes: []});
      }
    });

    it('may lack settings, which then have their usual values', () => {
      const {setup, notes} = read(fieldsOf('#view=landscape&f=bowl&opts=sgd,adam:mom=0.5'));
      expect(notes).toEqual([]);
      expect(setup).toEqual(
        setupOf({
          f: 'bowl',
          parameter: 30,
          start: present(functionNamed('bowl')).start,
          optimizers: {sgd: {lr: 0.8}, adam: {lr: 0.1, mom: 0.5}},
        }),
      );
    });

    it('say what of them is wrong, and are used without it', () => {
      const {setup, notes} = read(
        fieldsOf(
          '#view=landscape&f=hills&start=1,x&steps=1e9&schedule=never&speed=7&colour=red&' +
            'opts=adam:lr=-1:mom=2:x=1,magic,sgd:lr=0.1&%E0%A4',
        ),
      );
      expect(setup).toEqual(setupOf({optimizers: {adam: {lr: 0.1}, sgd: {lr: 0.1}}}));
      expect(notes.map(note => note.replace(/ \(.*/, ''))).toEqual([
        'f=hills',
        'adam:lr=-1',
        'adam:mom=2',
        'adam:x=1',
        'magic',
        'start=1,x',
        'steps=1e9',
        'schedule=never',
        'speed=7',
        'colour=red',
        '%E0%A4=',
      ]);
    });
  });

  describe('sliders', () => {
    it('of each optimizer begin with the learning rate, and reach every value that a link may have', () => {
      for (const {name} of optimizers) {
        const [rate, ...others] = hypersOf(name);
        expect(present(rate).slider.hyper).withContext(name).toBe('lr');
        expect(others.length).withContext(name).toBeGreaterThan(0);
        for (const {slider, usual} of hypersOf(name)) {
          const {hyper, least, most, valueAt, positionOf} = slider;
          expect(valueAt(0)).toBeCloseTo(least, 6);
          expect(valueAt(POSITIONS)).toBeCloseTo(most, 6);
          expect(isAllowed(name, hyper, usual))
            .withContext(`${name} ${hyper} ${usual}`)
            .toBeTrue();
          for (let position = 0; position < POSITIONS; position++) {
            expect(valueAt(position + 1)).toBeGreaterThan(valueAt(position));
            expect(Math.abs(positionOf(valueAt(position)) - position)).toBeLessThanOrEqual(1);
          }
        }
      }
    });
  });

  describe('a race', () => {
    it('takes every optimizer of the table nearer to the minimum of the bowl', () => {
      const names = optimizers.map(({name}) => name);
      const {setup} = read(fieldsOf(`f=bowl&steps=200&opts=${names.join(',')}`));
      const race = new Race(setup);
      const tensors = tf.memory().numTensors;
      while (!race.finished) race.advance();
      expect(race.descents.map(({name}) => name)).toEqual(names);
      for (const {name, path, values} of race.descents) {
        expect(path.length).withContext(name).toBe(201);
        expect(values.at(-1)).withContext(name).toBeLessThan(present(values[0]));
      }
      expect(tf.memory().numTensors)
        .withContext('only state of the optimizers is new')
        .toBeLessThan(tensors + 8 * 27);
      race.dispose();
    });

    it('computes plain gradient descent', () => {
      const race = finished({f: 'saddle', start: [1, 0.5], steps: 20, optimizers: {sgd: {lr: 0.1}}});
      let [x, y] = [1, 0.5];
      for (let step = 0; step < 20; step++) [x, y] = [x - 0.1 * x, y - 0.1 * (y ** 3 - y)];
      const [a, b] = present(race.descents[0]).at;
      expect(a).toBeCloseTo(x, 5);
      expect(b).toBeCloseTo(y, 5);
      race.dispose();
    });

    it('follows its schedule, and has the same noise each time', () => {
      const noisy = {f: 'noisy', parameter: 1, steps: 50, optimizers: {adam: {lr: 0.3}}};
      const [one, again, cycle, calm] = [
        finished(noisy),
        finished(noisy),
        finished({...noisy, schedule: 'oneCycle'}),
        finished({...noisy, parameter: 0}),
      ].map(race => {
        const {path} = present(race.descents[0]);
        race.dispose();
        return path;
      });
      expect(again).toEqual(present(one));
      expect(cycle).not.toEqual(present(one));
      expect(calm).not.toEqual(present(one));
    });

    it('leaves no tensors behind', () => {
      const tensors = tf.memory().numTensors;
      finished({steps: 10}).dispose();
      expect(tf.memory().numTensors).toBe(tensors);
    });
  });

  describe('words', () => {
    const howOf = (part: Partial<LandscapeSetup>) => {
      const race = finished(part);
      const how = howItDoes(race.f, present(race.descents[0]));
      race.dispose();
      return how;
    };
    const bowl = {f: 'bowl', parameter: 1, steps: 100};

    it('say how an optimizer does', () => {
      expect(howOf({...bowl, optimizers: {sgd: {lr: 0.5}}})).toBe('has reached the minimum');
      expect(howOf({...bowl, optimizers: {sgd: {lr: 0.01}}})).toBe('is on its way');
      expect(howOf({...bowl, optimizers: {sgd: {lr: 1e-4}}})).toBe('hardly gets nearer');
      expect(howOf({...bowl, optimizers: {sgd: {lr: 2}}})).toBe('swings to and fro');
      expect(howOf({...bowl, optimizers: {sgd: {lr: 2.1}}})).toBe('has left the map');
      expect(howOf({f: 'rosenbrock', steps: 100, optimizers: {sgd: {lr: 1}}})).toBe(
        'has diverged: its numbers are infinite',
      );
    });

    it('report the nearest first', () => {
      const race = new Race(setupOf({...bowl, optimizers: {sgd: {lr: 0.01}, rmsProp: {lr: 1e-4}, adam: {lr: 0.1}}}));
      expect(report(race)).toBe('Ready: 3 optimizers at the start.');
      while (!race.finished) race.advance();
      expect(ranked(race).map(({name}) => name)).toEqual(['adam', 'sgd', 'rmsProp']);
      expect(report(race)).toMatch(
        /^Step 100 of 100\. adam .* [\d.]+ from it\. sgd is on its way, [\d.]+ from the minimum\. rmsProp hardly .*\.$/,
      );
      race.dispose();
    });

    it('say of each optimizer that acts as another one here what it does', () => {
      const names = optimizers.map(({name}) => name);
      for (const name of Object.keys(NOTES)) expect(names).toContain(name);
      for (const name of ['muon', 'adafactor', 'lamb', 'larc']) expect(NOTES[name]).toBeDefined();
    });
  });
});
