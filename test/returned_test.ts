import {callback, copy, lastAxis, Optimizer, required, scalar, startAt, type Value} from '../src';
import {unregisteredCallback} from '../src/rule/callback';
import type {Callback, Context, Declaration} from '../src/rule/declaration';
import {describeBackends} from './support/backends';
import {leakless} from './support/leakless';
import {tf} from './support/tfjs';
import {eagerly} from './support/trained';

/** A callback in plain JavaScript, without a type that forbids mistakes. */
function untyped(name: string, declared: object): Callback {
  const declaration: Partial<Declaration> & Pick<Declaration, 'run'> = {
    hypers: {lr: required},
    run: fine,
    ...declared,
  };
  return unregisteredCallback(name, declaration);
}

function untypedStart(start: (at: never) => unknown): unknown {
  return start;
}

function disposed(): tf.Tensor {
  const tensor = tf.ones([2]);
  tensor.dispose();
  return tensor;
}

function axisOf(x: undefined): number[] {
  const axes: unknown = Reflect.apply(lastAxis, undefined, [x]);
  return Array.isArray(axes) ? axes.map(Number) : [];
}

const fine = ({p}: Context): object => ({p});
const faults: Readonly<Record<string, readonly [declared: () => object, message: string]>> = {
  'an async function': [
    () => ({
      run: async ({p}: Context) => {
        await Promise.resolve();
        return {p};
      },
    }),
    "faulty returned a Promise; it must return an object such as {p: p.sub(grad)}, so it can't be async. " +
      'Await before the step.',
  ],
  'an async function that rejects': [
    () => ({run: () => Promise.reject(new Error('later'))}),
    "faulty returned a Promise; it must return an object such as {p: p.sub(grad)}, so it can't be async. " +
      'Await before the step.',
  ],
  null: [() => ({run: () => null}), 'faulty returned null; it must return an object such as {p: p.sub(grad)}.'],
  undefined: [
    () => ({run: () => undefined}),
    'faulty returned undefined; it must return an object such as {p: p.sub(grad)}.',
  ],
  'a tensor by itself': [
    () => ({run: ({p}: Context) => p}),
    'faulty returned a tensor by itself; it must return an object such as {p: p.sub(grad)}.',
  ],
  'a list': [
    () => ({run: ({p}: Context) => [p]}),
    'faulty returned a list; it must return an object such as {p: p.sub(grad)}.',
  ],
  'a disposed tensor': [
    () => ({run: () => ({p: disposed()})}),
    "faulty returned a disposed tensor for 'p'; do not dispose it, because the step does.",
  ],
  'a disposed state': [
    () => ({state: {mine: copy}, run: ({p}: Context) => ({p, mine: disposed()})}),
    "faulty returned a disposed tensor for 'mine'; do not dispose it, because the step does.",
  ],
  'text for p': [
    () => ({run: () => ({p: 'text'})}),
    "faulty returned something of type string for 'p'; it must return a float32 tensor.",
  ],
  'a number for a total': [
    () => ({total: () => ({sum: 3}), run: fine}),
    'faulty: total.sum is the number 3; it must be a float32 tensor.',
  ],
  'a total of the shape of the parameter': [
    () => ({total: ({grad}: Context) => ({sum: grad}), run: fine}),
    'faulty: total.sum has the shape [2]; it must be a scalar, as grad.sum() is.',
  ],
  'a total with one number per row': [
    () => ({total: ({grad}: {readonly grad: Value}) => ({sum: grad.mean(lastAxis(grad), true)}), run: fine}),
    'faulty: total.sum has the shape [1]; it must be a scalar, as grad.sum() is.',
  ],
  'a total that was computed with an axis of nothing': [
    () => ({total: ({grad}: {readonly grad: Value}) => ({sum: grad.mean(axisOf(undefined))}), run: fine}),
    'lastAxis takes the value to reduce, as in grad.mean(lastAxis(grad), true); got undefined.',
  ],
  'a Promise for p': [
    () => ({run: () => ({p: Promise.resolve(1)})}),
    "faulty returned a Promise for 'p'; callbacks must compute without async and await.",
  ],
  'a Promise for stop': [
    () => ({run: () => ({stop: Promise.resolve(true)})}),
    "faulty returned a Promise for 'stop'; callbacks must compute without async and await.",
  ],
  'an async total': [
    () => ({total: () => Promise.resolve({}), run: fine}),
    "faulty: total returned a Promise; it must return an object such as {sum: grad.sum()}, so it can't be async. " +
      'Await before the step.',
  ],
  'a total of null': [
    () => ({total: () => null, run: fine}),
    'faulty: total returned null; it must return an object such as {sum: grad.sum()}.',
  ],
  'a total that is a tensor by itself': [
    () => ({total: ({p}: Context) => p, run: fine}),
    'faulty: total returned a tensor by itself; it must return an object such as {sum: grad.sum()}.',
  ],
  'a disposed total': [
    () => ({total: () => ({sum: disposed()}), run: fine}),
    "faulty: total returned a disposed tensor for 'sum'; do not dispose it, because the step does.",
  ],
  'an async start': [
    () => ({state: {mine: untypedStart(() => Promise.reject(new Error('later')))}, run: fine}),
    "faulty: the start returned a Promise for 'mine'; callbacks must compute without async and await.",
  ],
  'a disposed start': [
    () => ({state: {mine: startAt(disposed)}, run: fine}),
    "faulty: the start returned a disposed tensor for 'mine'; do not dispose it, because the step does.",
  ],
  'a start of null': [
    () => ({state: {mine: untypedStart(() => null)}, run: fine}),
    "faulty: the start of 'mine' returned null; it must return a float32 tensor.",
  ],
};

describeBackends('what a callback must not return', () => {
  for (const [name, [declared, message]] of Object.entries(faults)) {
    for (const [way, within] of [
      [
        'fused',
        (run: () => void) => {
          run();
        },
      ],
      ['eager', eagerly],
    ] as const) {
      it(`${name}, ${way}: an error that says so, and nothing changes`, () =>
        leakless(async () => {
          const before = untyped('before', {state: {count: 0, level: scalar}, run: ({p}: Context) => ({p, count: 1})});
          const optimizer = new Optimizer([before, untyped('faulty', declared())], {lr: 1});
          const variable = tf.tidy(() => tf.variable(tf.tensor1d([1, 2])));
          within(() => {
            for (let i = 0; i < 2; i++) {
              expect(() =>
                tf.tidy(() => {
                  optimizer.applyGradients({[variable.name]: tf.ones([2])});
                }),
              ).toThrowError(message);
            }
          });
          expect([...(await variable.data())]).toEqual([1, 2]);
          expect(Object.keys(optimizer.state.get(variable))).toEqual([]);
          optimizer.dispose();
          variable.dispose();
        }));
    }
  }

  it('is refused by evaluate, and by a callback called alone', () =>
    leakless(async () => {
      const keep = {state: {mine: copy}, run: ({p, mine}: Context) => ({p, mine})};
      for (const [evaluate, message] of [
        [
          () => Promise.resolve({}),
          "faulty: evaluate returned a Promise; it must return an object such as {p: average}, so it can't be async.",
        ],
        [() => null, 'faulty: evaluate returned null; it must return an object such as {p: average}.'],
        [() => undefined, 'faulty: evaluate returned undefined; it must return an object such as {p: average}.'],
        [
          ({p}: Context) => p,
          'faulty: evaluate returned a tensor by itself; it must return an object such as {p: average}.',
        ],
        [() => ({p: disposed()}), 'evaluate must return p'],
      ] as const) {
        const optimizer = new Optimizer([untyped('faulty', {...keep, evaluate})], {lr: 1});
        const variable = tf.tidy(() => tf.variable(tf.tensor1d([1, 2])));
        tf.tidy(() => {
          optimizer.applyGradients({[variable.name]: tf.ones([2])});
        });
        expect(() => {
          optimizer.eval();
        }).toThrowMatching(error => String(error).includes(message));
        expect([...(await variable.data())]).toEqual([1, 2]);
        optimizer.dispose();
        variable.dispose();
      }
    }));

  it('leaves no tensor where it could not be traced', () =>
    leakless(async () => {
      const two = callback('timesTwo', {}, ({p}) => ({p: p.mul(tf.scalar(2))}));
      const optimizer = new Optimizer([two], {});
      const variable = tf.tidy(() => tf.variable(tf.tensor1d([1, 2])));
      const grad = tf.ones([2]);
      const warnings = spyOn(console, 'warn');
      optimizer.applyGradients({[variable.name]: grad});
      optimizer.applyGradients({[variable.name]: grad});
      expect([...(await variable.data())]).toEqual([4, 8]);
      expect(optimizer.fusedOn).toMatch(/^eager: its callbacks can't be traced: mul\(\) with a Tensor/);
      expect(warnings.calls.count()).toBeLessThanOrEqual(1);
      tf.dispose([grad, variable]);
      optimizer.dispose();
    }));
});
