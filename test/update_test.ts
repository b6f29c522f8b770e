import {
  adadelta,
  type Callback,
  callback,
  copy,
  lookahead,
  Optimizer,
  optimizers,
  OptimWrapper,
  prodigy,
  required,
  SGD,
  sgd,
  sgdStep,
  startAt,
  stepStat,
  weightDecay,
  zeros,
} from '../src';
import {isOptimizer} from '../src/optimizer/optimizer_of_model';
import {describeBackends} from './support/backends';
import {expectClose} from './support/close';
import {peakStep} from './support/every_optimizer';
import {leakless} from './support/leakless';
import {rowsOn} from './support/rows_on';
import {valuesBySteps} from './support/single_variable';
import {tf} from './support/tfjs';
import {call} from './support/untyped_call';
import {variableOf} from './support/vectors';

/** Leaves out what the update does against the gradient (Liang et al., Cautious Optimizers, 2024), unscaled. */
const cautiousTest = callback('cautiousTest', {takesUpdate: true}, ({update, grad}) => ({
  update: update.where(update.mul(grad).greater(0), 0),
}));
/** The update at a share of the parameter's norm (You et al., LARS, 2017). */
const trustRatioTest = callback('trustRatioTest', {takesUpdate: true, hypers: {trust: 0.1}}, ({p, update, trust}) => {
  const ratio = p.square().sum().sqrt().div(update.square().sum().sqrt()).mul(trust);
  return {update: update.mul(ratio)};
});
/** What `p` was when this callback ran. */
const keepP = callback('keepP', {state: {seenP: copy}}, ({p}) => ({seenP: p}));
const doubled = callback('doubled', {takesUpdate: true}, ({update}) => ({update: update.mul(2)}));
const userStep = callback('userStep', {hypers: {lr: required}}, ({p, grad, lr}) => ({p: p.sub(grad.mul(lr))}));
const stopping = callback('stopping', {state: {seenP: copy}}, ({p}) => ({stop: true, seenP: p}));

const P = [1, -2, 3, -4];
const GRADS = [
  [0.5, 0.25, -1, 2],
  [-2, 1, 0.25, 1],
];

interface Made {
  readonly name: string;
  readonly make: (after: readonly Callback[]) => Optimizer;
}
const STEPS: readonly Made[] = [
  ...optimizers.map(({name, make}) => ({name, make: (after: readonly Callback[]) => make(0.01, {wd: 0, after})})),
  {name: 'adadelta at a visible rate', make: after => adadelta(10, {wd: 0, after})},
  {name: 'prodigy at a visible rate', make: after => prodigy(1, {wd: 0, d0: 0.01, after})},
  {name: "a user's rule that returns p", make: after => new Optimizer([weightDecay, userStep, ...after], {lr: 0.01})},
  {
    name: "a user's rule with state",
    make: after => new Optimizer<readonly Callback[]>([peakStep, ...after], {lr: 0.01}),
  },
  {name: 'a wrapped optimizer', make: after => new OptimWrapper(tf.train.adam(0.01), {after})},
  {name: 'a wrapped optimizer of user maths', make: after => new OptimWrapper(tf.train.momentum(0.01, 0.9), {after})},
];

function isFunction(x: unknown): x is (...args: never[]) => unknown {
  return typeof x === 'function';
}

/** The parameter after some steps, one array per step. */
function trained(optimizer: Optimizer, steps = GRADS.length): Promise<number[][]> {
  return valuesBySteps(optimizer, P, GRADS.slice(0, steps));
}

describeBackends(
  'an update that later callbacks take',
  backend => {
    afterEach(() => tf.env().set('OPTIM_FUSING', true));

    for (const {name, make} of rowsOn(backend, STEPS)) {
      // Eager steps are the same calls of tfjs on every backend.
      for (const fusing of backend === 'webgl' || backend === 'webgpu' ? [true] : [true, false]) {
        const how = fusing ? 'fused' : 'eager';

        it(`of ${name} is masked by a cautious callback, ${how}`, () =>
          leakless(async () => {
            tf.env().set('OPTIM_FUSING', fusing);
            const [plain = []] = await trained(make([]), 1);
            const [masked = []] = await trained(make([cautiousTest]), 1);
            const expected = P.map((p, i) => {
              const after = plain[i] ?? NaN;
              return (p - after) * (GRADS[0]?.[i] ?? NaN) > 0 ? after : p;
            });
            expectClose(masked, expected, 1e-6);
          }));

        // The first steps of these are so small that their size can't be seen in the parameter.
        if (name === 'prodigy' || name === 'adadelta') continue;

        it(`of ${name} is scaled by a trust ratio, ${how}`, () =>
          leakless(async () => {
            tf.env().set('OPTIM_FUSING', fusing);
            const [plain = []] = await trained(make([]), 1);
            const [scaled = []] = await trained(make([trustRatioTest]), 1);
            const update = P.map((p, i) => p - (plain[i] ?? NaN));
            const ratio = (0.1 * Math.hypot(...P)) / Math.hypot(...update);
            const expected = P.map((p, i) => p - ratio * (update[i] ?? NaN));
            expectClose(scaled, expected, 1e-4);
          }));
      }

      it(`of ${name} is the same fused and eager, over several steps`, () =>
        leakless(async () => {
          const [fused, eager] = [
            await trained(make([cautiousTest, trustRatioTest])),
            await (async () => {
              tf.env().set('OPTIM_FUSING', false);
              return trained(make([cautiousTest, trustRatioTest]));
            })(),
          ];
          expectClose(fused.flat(), eager.flat(), 1e-5);
        }));

      it(`of ${name} is left as it is by no callback`, () =>
        leakless(async () => {
          const nothing = callback('nothing', {}, () => ({}));
          expect(await trained(make([nothing]))).toEqual(await trained(make([])));
        }));
    }

    const afterOneStep = async (callbacks: readonly Callback[]): Promise<{p: number[]; seenP: number[]}> => {
      const variable = variableOf(P);
      const optimizer = new Optimizer<readonly Callback[]>(callbacks, {lr: 0.5, wd: 0.5});
      tf.tidy(() => {
        optimizer.applyGradients([{name: variable.name, tensor: tf.onesLike(variable)}]);
      });
      const seen = optimizer.state.get(variable)['seenP'];
      const result = {
        p: [...(await variable.data())],
        seenP: seen instanceof tf.Tensor ? [...(await seen.data())] : [],
      };
      optimizer.dispose();
      variable.dispose();
      return result;
    };
    const less = (by: number): number[] => P.map(p => p - by);

    it('is applied before a callback that does not take it', () =>
      leakless(async () => {
        expect(await afterOneStep([weightDecay.with({}), sgdStep, keepP])).toEqual({
          p: P.map(p => p * 0.75 - 0.5),
          seenP: P.map(p => p * 0.75 - 0.5),
        });
        expect(await afterOneStep([weightDecay, sgdStep, doubled, keepP])).toEqual({
          p: P.map(p => p * 0.75 - 1),
          seenP: P.map(p => p * 0.75 - 1),
        });
      }));

    it('is applied before the update of a second step, and where a callback stops', () =>
      leakless(async () => {
        const once = await afterOneStep([weightDecay.with({}), sgdStep, doubled, sgdStep, doubled]);
        expect(once.p).toEqual(P.map(p => p * 0.75 - 2));
        expect(await afterOneStep([weightDecay, sgdStep, doubled, stopping, sgdStep])).toEqual({
          p: P.map(p => p * 0.75 - 1),
          seenP: P.map(p => p * 0.75 - 1),
        });
      }));

    it('is the difference that a step made, where the step returned p', () =>
      leakless(async () => {
        expect((await afterOneStep([weightDecay, userStep, doubled])).p).toEqual(P.map(p => p * 0.75 - 1));
        expect((await afterOneStep([weightDecay, userStep, doubled, userStep])).p).toEqual(P.map(p => p * 0.75 - 1.5));
      }));

    it('leaves the weights of Lookahead over it in step', () =>
      leakless(async () => {
        const make = (after: readonly Callback[]): Optimizer =>
          lookahead(new Optimizer<readonly Callback[]>([userStep, ...after], {lr: 0.5}), {k: 1, alpha: 0.5});
        const [plain = []] = await trained(make([]), 1);
        const [twice = []] = await trained(make([doubled]), 1);
        expectClose(
          twice,
          P.map((p, i) => p + 2 * ((plain[i] ?? NaN) - p)),
          1e-6,
        );
      }));

    it('has to be there: the error says where to put the callback, and nothing is changed', () =>
      leakless(() => {
        for (const chain of [
          [doubled, weightDecay, sgdStep],
          [weightDecay, doubled, sgdStep],
          [weightDecay, sgdStep, keepP, doubled],
        ]) {
          const variable = variableOf(P);
          const optimizer = new Optimizer<readonly Callback[]>([stepStat, ...chain], {lr: 0.5, wd: 0.5});
          expect(() => {
            tf.tidy(() => {
              optimizer.applyGradients([{name: variable.name, tensor: tf.onesLike(variable)}]);
            });
          }).toThrowError(
            'doubled takes the update of a step, and no callback before it returned one; ' +
              'put it after the step, as in {after: [doubled]}.',
          );
          expect(optimizer.iterations).toBe(0);
          expect(optimizer.state.get(variable)).toEqual({});
          optimizer.dispose();
          variable.dispose();
        }
      }));

    it('must be of the shape of the parameter', () =>
      leakless(() => {
        const wrong = callback('wrongUpdate', {}, ({p}) => ({update: p.sum()}));
        const variable = variableOf(P);
        const optimizer = new Optimizer([wrong], {});
        expect(() => {
          tf.tidy(() => {
            optimizer.applyGradients([{name: variable.name, tensor: tf.onesLike(variable)}]);
          });
        }).toThrowError("wrongUpdate returned 'update' of shape []; it must be of shape [4].");
        optimizer.dispose();
        variable.dispose();
      }));

    it('is dropped for a frozen parameter', () =>
      leakless(async () => {
        const forAll = callback('forAll', {everyParameter: true}, ({p}) => ({update: p}));
        const variables = [variableOf(P), variableOf(P)];
        const [frozen, free] = variables;
        if (frozen === undefined || free === undefined) throw new Error('There are two variables.');
        const optimizer = new Optimizer([forAll, doubled], {params: [[frozen], [free]]});
        optimizer.freezeTo(1);
        tf.tidy(() => {
          optimizer.applyGradients([{name: free.name, tensor: tf.onesLike(free)}]);
        });
        expect([...(await frozen.data())]).toEqual(P);
        expect([...(await free.data())]).toEqual(less(0).map(p => -p));
        optimizer.dispose();
        tf.dispose(variables);
      }));

    it('comes back with a saved optimizer', () =>
      leakless(async () => {
        const optimizer = sgd(0.5, {wd: 0, after: [doubled]});
        const loaded: unknown = SGD.fromConfig(SGD, optimizer.getConfig());
        if (!isOptimizer(loaded)) throw new Error('An optimizer was saved.');
        expect(loaded.callbacks.map(({name}) => name)).toEqual(['weightDecay', 'sgdStep', 'doubled']);
        optimizer.dispose();
        const [first] = await trained(loaded, 1);
        expect(first).toEqual(P.map((p, i) => p - (GRADS[0]?.[i] ?? NaN)));
      }));
  },
  ['cpu', 'wasm', 'webgl', 'webgpu'],
);

describe('A step that is called alone', () => {
  beforeAll(() => tf.setBackend('cpu'));
  const at = () => ({p: tf.tensor1d([1, 2]), grad: tf.tensor1d([2, 4]), lr: 0.5});

  it('returns p, or its update by the name that is asked for', () => {
    tf.tidy(() => {
      const result = sgdStep(at());
      expect(Object.keys(result)).toEqual(['p']);
      expect(result.p?.dataSync()).toEqual(Float32Array.of(0, 0));
      const {update, p} = sgdStep(at(), {alone: 'update'});
      expect(update?.dataSync()).toEqual(Float32Array.of(1, 2));
      expect(p).toBeUndefined();
      expect(sgdStep(at(), {alone: 'delta'}).delta?.dataSync()).toEqual(Float32Array.of(1, 2));
    });
  });

  it('refuses a name that would hide something, and one for an update that is not there', () => {
    tf.tidy(() => {
      for (const name of ['p', 'grad', 'stop'])
        expect(() => sgdStep(at(), {alone: name})).toThrowError(
          `sgdStep can't return its update as '${name}', which is another entry of its result; use 'update'.`,
        );
      expect(() => weightDecay({...at(), wd: 0.1}, {alone: 'delta'})).toThrowError(
        "weightDecay is not a step that returns an update; leave {alone: 'delta'} out.",
      );
      const call = (...given: unknown[]): unknown => Reflect.apply(sgdStep, undefined, given);
      const mistakes: ReadonlyArray<readonly [how: unknown, got: string]> = [
        ['update', "'update'"],
        [{alnoe: 'update'}, "{alnoe: 'update'}"],
        [{alone: ''}, "{alone: ''}"],
        [{alone: 3}, '{alone: 3}'],
        [null, 'null'],
      ];
      for (const [how, got] of mistakes)
        expect(() => call(at(), how)).toThrowError(
          `sgdStep takes {alone: 'update'} as its second argument; got ${got}.`,
        );
      // As in a list of arguments that is mapped.
      expect(call(at(), 1, [])).toEqual({p: jasmine.any(tf.Tensor)});
    });
  });

  it('names what it needs and was not given', () => {
    tf.tidy(() => {
      const {p, grad, lr} = at();
      const call = (given: object): unknown => Reflect.apply(sgdStep, undefined, [given]);
      const declaration = {groupState: {k: 1}, group: ({k}: {k: number}) => ({k: k + 1})};
      const grouped = callback('grouped', declaration, ({p: now, k}) => ({p: now.mul(k)}));
      const misused = (given: object): unknown =>
        Reflect.apply(grouped, undefined, [Object.assign({p, grad, k: 1}, given)]);
      expect(() => misused({k: 'two'})).toThrowError("grouped needs 'k', a number; got something of type string.");
      expect(() => call({p, grad})).toThrowError("sgdStep needs the hyper 'lr', a number; got nothing.");
      expect(() => call({p, grad, lr: '0.1'})).toThrowError(
        "sgdStep needs the hyper 'lr', a number; got something of type string.",
      );
      expect(() => call({grad, lr})).toThrowError(
        "sgdStep needs 'p', a tensor; got undefined. In an optimizer, do not call it.",
      );
      expect(() => call({p, grad: 3, lr})).toThrowError("sgdStep needs 'grad', a tensor; got 3.");
    });
  });

  it('starts its state, which must have the shape of p where it is in weight space', () => {
    tf.tidy(() => {
      const {p, grad} = at();
      expect(keepP({p, grad}).seenP?.dataSync()).toEqual(Float32Array.of(1, 2));
      const wrong = callback(
        'wrongStart',
        {state: {anchor: startAt(() => tf.zeros([3]), {space: 'weight'})}},
        () => ({}),
      );
      expect(() => wrong({p, grad})).toThrowError(
        "wrongStart returned 'anchor' of shape [3]; it must be of shape [2].",
      );
    });
  });

  it('is not the step of a wrapped optimizer, which acts on all parameters at once', () => {
    const optimizer = new OptimWrapper(tf.train.sgd(0.1));
    tf.tidy(() => {
      const [step]: readonly unknown[] = optimizer.callbacks;
      if (!isFunction(step)) throw new Error('A callback is a function.');
      expect(() => call(step, at())).toThrowError(
        "wrappedStep can't be called alone: it needs its optimizer. Step by minimize, step or applyGradients.",
      );
    });
    optimizer.dispose();
  });

  it('takes an update where it declares so, and returns it', () => {
    tf.tidy(() => {
      const {update, p} = doubled({p: tf.scalar(1), grad: tf.scalar(1), update: tf.scalar(3)});
      expect(update?.dataSync()).toEqual(Float32Array.of(6));
      expect(p).toBeUndefined();
      expect(() => doubled({p: tf.scalar(1), grad: tf.scalar(1)})).toThrowError(/^doubled takes the update of a step/);
    });
  });
});

describe('A declaration', () => {
  const declared = (declaration: object) => (): unknown =>
    Reflect.apply(callback, undefined, ['misdeclared', declaration, () => ({})]);

  it('has no field that is misspelt, and switches that are true or false', () => {
    expect(declared({takesUpdates: true})).toThrowError(
      "misdeclared: 'takesUpdates' is not a field of a declaration; did you mean 'takesUpdate'?",
    );
    expect(declared({everyParam: true})).toThrowError(
      /^misdeclared: 'everyParam' is not a field of a declaration; use /,
    );
    expect(declared({takesUpdate: 'yes'})).toThrowError("misdeclared: takesUpdate must be true or false; got 'yes'.");
    expect(declared({isStep: 0})).toThrowError('misdeclared: isStep must be true or false; got 0.');
    for (const [decays, shown] of [
      [1, '1'],
      ['wd', "'wd'"],
      ['scale', "'scale'"],
    ] as const)
      expect(declared({decays, options: {scale: 1}})).toThrowError(
        `misdeclared: decays must be true, false, or the name of an option that is true or false; got ${shown}.`,
      );
  });

  it('is an object, whose fields are of their kinds', () => {
    const faulty = (declaration: unknown) => (): unknown =>
      Reflect.apply(callback, undefined, ['misdeclared', declaration, () => ({})]);
    for (const [declaration, text] of [
      [undefined, 'undefined'],
      [null, 'null'],
      ['lr', "'lr'"],
    ])
      expect(faulty(declaration)).toThrowError(
        `misdeclared: the declaration must be an object such as {hypers: {lr: 0.1}}; got ${String(text)}.`,
      );
    for (const field of ['hypers', 'state', 'reads', 'needs', 'options', 'groupState', 'shared', 'ranges'])
      for (const [value, text] of [
        [3, '3'],
        [null, 'null'],
        [['lr'], "['lr']"],
        // Bundlers may rename it.
        [zeros, `the function ${zeros.name}`],
      ])
        expect(declared({[field]: value})).toThrowError(
          `misdeclared: ${field} must be an object with a value per name; got ${String(text)}.`,
        );
    for (const field of ['total', 'evaluate'])
      expect(declared({[field]: {sum: 1}})).toThrowError(`misdeclared: ${field} must be a function; got {sum: 1}.`);
    expect(declared({state: {a: zeros}, restarts: 'a'})).toThrowError(
      "misdeclared: restarts must be a list of entries of state; got 'a'.",
    );
    for (const options of [{}, {j: true}])
      expect(declared({options, ranges: {j: {from: 1}}})).toThrowError(
        "misdeclared: ranges names 'j', which must be an option that is a number.",
      );
    const ranges: ReadonlyArray<readonly [object, string]> = [
      [{form: 1}, " has 'form', which it must not have; did you mean 'from'?"],
      [{min: 1}, " has 'min', which it must not have; use from, above, to, below, whole."],
      [{from: '1'}, ".from must be a number; got '1'."],
      [{whole: 1}, '.whole must be true or false; got 1.'],
      [{from: 2, to: 1}, ' must leave a number; none is in the range {from: 2, to: 1}.'],
      [[1, 2], ' must be an object such as {from: 1, whole: true}; got [1, 2].'],
    ];
    for (const [range, text] of ranges)
      expect(declared({options: {k: 1}, ranges: {k: range}})).toThrowError(`misdeclared: ranges.k${text}`);
    expect(declared({options: {k: 1}, ranges: {k: undefined}, total: undefined, state: undefined})).not.toThrow();
  });

  it('declares each name once, with a value of its kind, and has a function', () => {
    expect(declared({hypers: {rate: 1}, state: {rate: 0}})).toThrowError(
      "misdeclared: 'rate' is declared in hypers and in state; declare it once.",
    );
    expect(declared({hypers: {rate: 'fast'}})).toThrowError(
      'misdeclared: hypers.rate must be a number, `required`, or an object such as ' +
        "{default: 5, from: 1, whole: true}; got 'fast'.",
    );
    expect(declared({options: {quick: 'yes'}})).toThrowError(
      "misdeclared: options.quick must be a number or a boolean; got 'yes'.",
    );
    expect(declared({state: {seen: true}})).toThrowError(
      'misdeclared: state.seen must be a number or a start (zeros, copy, scalar, startAt(f)); got true.',
    );
    expect(() => call(callback, 'misdeclared', {}, {p: 1})).toThrowError(
      'misdeclared: the last argument must be the function of the callback; got {p: 1}.',
    );
  });
});

describe('Callbacks after a step', () => {
  it('are a list, or one callback by itself', () => {
    const made = (make: (settings: object) => unknown) =>
      [{after: doubled}, {after: [doubled]}, {callbacks: keepP}, {callbacks: [keepP]}].map(settings => {
        const optimizer = make(settings);
        if (!isOptimizer(optimizer)) throw new Error('An optimizer was made.');
        const names = optimizer.callbacks.map(({name}) => name);
        optimizer.dispose();
        return names;
      });
    const decayed = ['weightDecay', 'sgdStep'];
    expect(made(settings => Reflect.apply(sgd, undefined, [0.1, settings]))).toEqual([
      [...decayed, 'doubled'],
      [...decayed, 'doubled'],
      ['keepP', ...decayed],
      ['keepP', ...decayed],
    ]);
    expect(made(settings => Reflect.construct(OptimWrapper, [tf.train.sgd(0.1), settings]))).toEqual([
      ['wrappedStep', 'doubled'],
      ['wrappedStep', 'doubled'],
      ['keepP', 'wrappedStep'],
      ['keepP', 'wrappedStep'],
    ]);
  });

  it('are callbacks', () => {
    expect(() => {
      Reflect.apply(sgd, undefined, [0.1, {after: 'cautious'}]);
    }).toThrowError("Callback 2 must be made with callback(…); got 'cautious'. Those of fit belong to model.fit.");
  });
});
