import {
  accumulate,
  type Adam,
  adam,
  adamStep,
  averageGrad,
  callback,
  clipGradNorm,
  ema,
  lookahead,
  momentumStep,
  Optimizer,
  ranger,
  sgd,
  sgdStep,
  slice,
  swa,
  weightDecay,
  zeros,
} from '../src';
import {describeBackends} from './support/backends';
import {bitsOf, snapshot} from './support/bits';
import {everyOptimizer} from './support/every_optimizer';
import {leakless} from './support/leakless';
import {present} from './support/present';
import {tf} from './support/tfjs';

/**
 * What the cases of a table act on: an optimizer with two groups that has made two steps, and a variable that is not
 * its own.
 */
interface Trained {
  readonly optimizer: Adam;
  readonly w: tf.Variable;
  readonly b: tf.Variable;
  readonly stranger: tf.Variable;
}

interface Case {
  readonly what: string;
  readonly act: (trained: Trained) => unknown;
  /** The error must name both: what is wrong, and what would be right. */
  readonly says: RegExp;
}

function trained(): Trained {
  const [w, b, stranger] = tf
    .tidy(() => [
      tf.variable(tf.ones([2, 2]), true, 'w'),
      tf.variable(tf.ones([2]), true, 'b'),
      tf.variable(tf.ones([3]), true, 'stranger'),
    ])
    .map(present);
  const one = {w: present(w), b: present(b), stranger: present(stranger)};
  const optimizer = adam([0.1, 0.2], {params: [[one.w], [one.b]]});
  for (let i = 0; i < 2; i++)
    optimizer.minimize(() => tf.tidy(() => one.w.square().sum().add(one.b.square().sum()).asScalar()));
  return {...one, optimizer};
}

async function refuses(act: () => unknown, says: RegExp): Promise<void> {
  await expectAsync(Promise.resolve().then(act)).toBeRejectedWithError(says);
}

/** Names each case, and expects its error and that nothing has changed by it. */
function table(title: string, cases: readonly Case[]): void {
  describe(title, () => {
    for (const {what, act, says} of cases) {
      it(what, () =>
        leakless(async () => {
          const one = trained();
          // Its result belongs to the optimizer and does not count as a leak.
          await one.optimizer.getWeights();
          const before = await snapshot(one.optimizer, [one.w, one.b, one.stranger]);
          await leakless(() => refuses(() => act(one), says));
          expect(await snapshot(one.optimizer, [one.w, one.b, one.stranger])).toEqual(before);
          one.optimizer.minimize(() => tf.tidy(() => one.w.add(one.b).sum().asScalar()));
          one.optimizer.dispose();
          tf.dispose([one.w, one.b, one.stranger]);
        }),
      );
    }
  });
}

const hyper = (name: string, value: number | boolean | readonly number[], says: RegExp): Case => ({
  what: `setHyper('${name}', ${String(value)})`,
  act: ({optimizer}) => {
    optimizer.setHyper(name, value);
  },
  says,
});
const gradient = (what: string, name: string, values: () => tf.Tensor, says: RegExp): Case => ({
  what: `a gradient ${what}`,
  act: ({optimizer}) =>
    tf.tidy(() => {
      optimizer.applyGradients({[name]: values()});
    }),
  says,
});

type Weights = Awaited<ReturnType<Optimizer['getWeights']>>;
const weights = (what: string, alter: (list: Weights) => Weights, says = /truncated or altered/): Case => ({
  what: `weights ${what}`,
  act: async ({optimizer}) => {
    const own = await optimizer.getWeights();
    const altered = alter(own);
    try {
      await optimizer.setWeights(altered);
    } finally {
      tf.dispose(
        altered
          .filter(one => !own.includes(one))
          .map(({tensor}) => tensor)
          .filter(tensor => own.every(one => one.tensor !== tensor)),
      );
    }
  },
  says,
});
const renamed = (list: Weights, from: RegExp, to: string) =>
  list.map(({name, tensor}) => ({name: name.replace(from, to), tensor}));
const replaced = (list: Weights, name: string, by: (tensor: tf.Tensor) => tf.Tensor) =>
  list.map(one => (one.name === name ? {name, tensor: by(one.tensor)} : one));

type Dict = ReturnType<Optimizer['stateDict']>;
const dict = (what: string, alter: (of: Dict) => Dict, says: RegExp): Case => ({
  what: `a state dict ${what}`,
  act: ({optimizer}) =>
    tf.tidy(() => {
      optimizer.loadStateDict(alter(optimizer.stateDict()));
    }),
  says,
});
const firstState = ({state, ...rest}: Dict, changed: Dict['state'][number]): Dict => ({
  ...rest,
  state: [{...state[0], ...changed}, ...state.slice(1)],
});
/** Schedules of `lr` that have just begun, each with some fields changed. */
const scheduled = (...changes: ReadonlyArray<{readonly released?: readonly number[]}>): Dict['schedule'] => ({
  steps: 4,
  step: 0,
  hypers: changes.map(change => ({
    name: 'lr',
    before: [0.1, 0.2],
    schedule: {kind: 'lin', start: [0.1, 0.1], end: [0, 0]},
    ...change,
  })),
});
const firstHypers = ({hypers, ...rest}: Dict, changed: Dict['hypers'][number]): Dict => ({
  ...rest,
  hypers: [{...hypers[0], ...changed}, ...hypers.slice(1)],
});

describeBackends(
  'bad input is named, and leaves everything as it was',
  () => {
    table('hypers', [
      hyper('nonsense', 1, /no.* hyper 'nonsense'.*Known: .*lr, .*mom/i),
      hyper('beta1', 0.9, /'beta1' is 'mom' here/),
      hyper('beta2', 0.9, /'beta2' is 'sqrMom' here/),
      hyper('learningRate', 0.9, /'learningRate' is 'lr' here/),
      hyper('learning_rate', 0.9, /'learning_rate' is 'lr' here/),
      hyper('epsilon', 0.9, /'epsilon' is 'eps' here/),
      hyper('rho', 0.9, /'rho' is 'sqrMom' here/),
      hyper('momentum', 0.9, /'momentum' is 'mom' here/),
      hyper('weight_decay', 0.9, /'weight_decay' is 'wd' here/),
      hyper('sqr_mom', 0.9, /'sqr_mom' is 'sqrMom' here/),
      hyper('lr', NaN, /'lr' must be a finite number; got NaN/),
      hyper('lr', Infinity, /'lr' must be a finite number; got Infinity/),
      hyper('lr', true, /'lr' must be a finite number; got true/),
      hyper('lr', -1, /'lr' must be a number from 0; got -1/),
      hyper('lr', [0.1, -0.1], /'lr' must be a number from 0/),
      hyper('eps', -1e-8, /'eps' must be a number from 0/),
      hyper('wd', -0.1, /'wd' must be a number from 0/),
      hyper('mom', 1, /'mom' must be in \[0, 1\); got 1/),
      hyper('sqrMom', -0.1, /'sqrMom' must be in \[0, 1\); got -0.1/),
      hyper('sqrMom', 1.5, /'sqrMom' must be in \[0, 1\); got 1.5/),
      hyper('lr', [1, 2, 3], /^Trying to set 3 values for lr but there are 2 parameter groups\.$/),
      {
        what: 'one bad hyper among good ones',
        act: ({optimizer}) => {
          optimizer.setHypers({mom: 0.5, lr: NaN});
        },
        says: /'lr' must be/,
      },
      ...[5, 'lr', undefined, null, [0.1]].map(value => ({
        what: `${JSON.stringify(value)} in place of hypers`,
        act: ({optimizer}: Trained) => {
          const set = (hypers: Record<string, number>) => {
            optimizer.setHypers(hypers);
          };
          Reflect.apply(set, undefined, [value]);
        },
        says: /^setHypers takes its settings in an object; got .*\. Write setHypers\(\{…\}\)\.$/,
      })),
      {
        what: 'a bad value written to a group',
        act: ({optimizer}) => {
          present(optimizer.hypers[0])['lr'] = -1;
        },
        says: /'lr' must be a number from 0/,
      },
      {
        what: 'an unknown hyper written to a group',
        act: ({optimizer}) => {
          present(optimizer.hypers[0])['beta1'] = 0.5;
        },
        says: /'beta1' is 'mom' here/,
      },
      {
        what: 'a hyper of a group that is deleted',
        act: ({optimizer}) => Reflect.deleteProperty(present(optimizer.hypers[0]), 'lr'),
        says: /^The hyper 'lr' can't be removed\.$/,
      },
      {
        what: 'a hyper of a group that becomes a getter',
        act: ({optimizer}) => Object.defineProperty(present(optimizer.hypers[0]), 'lr', {get: () => 1}),
        says: /'defineProperty' on proxy.*'lr'/,
      },
      {
        what: 'a bad learningRate',
        act: ({optimizer}) => {
          optimizer.learningRate = NaN;
        },
        says: /'lr' must be/,
      },
      {what: 'a slice through zero', act: () => slice(-1, 1), says: /must be positive; got -1,1/},
    ]);

    table('groups', [
      {
        what: 'too few lists',
        act: ({optimizer, w}) => {
          optimizer.paramLists = [[w]];
        },
        says: /Trying to set 1 lists of parameters but there are 2 parameter groups/,
      },
      ...([5, null, undefined, 'w', [5], [undefined]] as const).map(lists => ({
        what: `groups that are ${JSON.stringify(lists)}`,
        act: ({optimizer}: Trained) => Reflect.set(optimizer, 'paramLists', lists),
        says: /^'paramLists' must be a list with one list of variables per group; got .+\.$/,
      })),
      {
        what: 'a variable in two groups',
        act: ({optimizer, w}) => {
          optimizer.paramLists = [[w], [w]];
        },
        says: /'w' is given twice \(group 0 and group 1\); a parameter belongs to one group/,
      },
      {
        what: 'a part of a group to freeze',
        act: ({optimizer}) => {
          optimizer.freezeTo(0.5);
        },
        says: /a whole number; got 0.5/,
      },
      {
        what: 'a group that does not exist',
        act: ({optimizer}) => {
          optimizer.setFreeze(2, true);
        },
        says: /no parameter group 2; there are 2/,
      },
    ]);

    table('gradients', [
      gradient(
        'of another shape',
        'w',
        () => tf.ones([4]),
        /'w' has the shape \[4\]; it must have the variable's shape \[2,2\]/,
      ),
      gradient('of another type', 'w', () => tf.ones([2, 2], 'int32'), /'w' is int32; it must be float32/),
      gradient(
        'for an unknown variable',
        'nowhere',
        () => tf.ones([2]),
        /'nowhere', but no live variable has that name/,
      ),
      gradient(
        'for a variable that is not trained',
        'stranger',
        () => tf.ones([3]),
        /'stranger', which is not among the `params` of this optimizer \('w', 'b'\)/,
      ),
      gradient(
        'that is disposed',
        'w',
        () => {
          const gone = tf.ones([2, 2]);
          gone.dispose();
          return gone;
        },
        /'w' is disposed/,
      ),
      {
        what: 'two gradients for a variable',
        says: /two gradients for 'w'; pass their sum/,
        act: ({optimizer}) =>
          tf.tidy(() => {
            optimizer.applyGradients([
              {name: 'w', tensor: tf.ones([2, 2])},
              {name: 'w', tensor: tf.ones([2, 2])},
            ]);
          }),
      },
      {
        what: 'a good gradient beside a bad one',
        says: /'b' has the shape/,
        act: ({optimizer}) =>
          tf.tidy(() => {
            optimizer.applyGradients({w: tf.ones([2, 2]), b: tf.ones([3])});
          }),
      },
      {
        what: 'a list without any parameter',
        says: /\('stranger'\) is a parameter of this optimizer \('w', 'b'\)/,
        act: ({optimizer, stranger}) =>
          optimizer.minimize(() => tf.tidy(() => stranger.sum().asScalar()), false, [stranger]),
      },
      {
        what: 'a list without any variable, as fit gives it for a model that is frozen',
        says: /^None of the variables to train \(none\) is trainable\. Set `trainable = true` on a layer/,
        act: ({optimizer, w}) => optimizer.minimize(() => tf.tidy(() => w.sum().asScalar()), false, []),
      },
    ]);

    table('saved data', [
      weights('without any tensor', () => []),
      weights('without the last tensor', list => list.slice(0, -1)),
      weights('without one in the middle', list => [...list.slice(0, 2), ...list.slice(3)]),
      weights('in another order', list => [...list].reverse()),
      weights('with two of one variable swapped', ([iter, first, second, ...rest]) =>
        [iter, second, first, ...rest].map(present),
      ),
      weights(
        'under other names',
        list => renamed(list, /^w\//, 'v/'),
        /expected 'w\/gradAvg' but found 'v\/gradAvg'/,
      ),
      weights(
        'of another shape',
        list => replaced(list, 'w/gradAvg', tensor => tensor.flatten()),
        /'w\/gradAvg' is float32 of shape \[4\] instead of float32 of shape \[2,2\]/,
      ),
      weights(
        'of another type',
        list => replaced(list, 'w/gradAvg', tensor => tensor.toInt()),
        /'w\/gradAvg' is int32/,
      ),
      weights(
        'with a step count of another type',
        list => replaced(list, 'iter', tensor => tensor.toFloat()),
        /'iter' is float32/,
      ),
      weights(
        'with host numbers flipped',
        list => replaced(list, 'host', tensor => tensor.reverse(0)),
        /'host' does not fit its checksum/,
      ),
      weights(
        'with words of host numbers flipped',
        list => replaced(list, 'host', tensor => tensor.reverse(1)),
        /'host' does not fit its checksum/,
      ),
      weights(
        'with one host number changed',
        list =>
          replaced(list, 'host', tensor =>
            tf.tidy(() =>
              tensor.add(
                tf
                  .oneHot(tf.tensor1d([1], 'int32'), tensor.size)
                  .reshape(tensor.shape)
                  .toInt(),
              ),
            ),
          ),
        /'host' does not fit its checksum/,
      ),
      weights(
        'with host numbers of another shape',
        list => replaced(list, 'host', tensor => tensor.flatten()),
        /'host' is int32 of shape \[\d+\] instead of int32 of shape \[n,2\]/,
      ),
      weights(
        'with host numbers missing',
        list => replaced(list, 'host', tensor => tensor.slice([1])),
        /'host' does not fit its checksum/,
      ),
      {
        what: 'weights of another optimizer',
        says: /belong to this optimizer/,
        act: async ({optimizer, stranger}) => {
          const other = sgd(0.1, {mom: 0.9});
          other.minimize(() => tf.tidy(() => stranger.sum().asScalar()), false, [stranger]);
          tf.tidy(() => stranger.assign(tf.ones([3])));
          try {
            await optimizer.setWeights(await other.getWeights());
          } finally {
            other.dispose();
          }
        },
      },
      dict(
        'of another optimizer',
        of => ({...of, callbacks: [{name: 'sgdStep', options: {}}]}),
        /to an optimizer with the callbacks sgdStep; this optimizer has weightDecay, averageGrad/,
      ),
      dict(
        'of other groups',
        of => ({...of, hypers: of.hypers.slice(1)}),
        /the hypers of 1 parameter groups; this optimizer has 2/,
      ),
      dict('of other hypers', of => firstHypers(of, {nu1: 1}), /this optimizer has lr, /),
      dict('with a hyper that is out of range', of => firstHypers(of, {lr: -1}), /'lr' must be a number from 0/),
      dict('of fewer parameters', of => ({...of, state: of.state.slice(1)}), /has 1 parameters; this optimizer has 2/),
      dict('with an unknown entry', of => firstState(of, {velocity: 1}), /no state 'velocity'; it has .*gradAvg/),
      dict(
        'with another shape',
        of => firstState(of, {gradAvg: tf.zeros([3])}),
        /'gradAvg' of 'w' must be a float32 tensor of shape \[2,2\]; got float32 of shape \[3\]/,
      ),
      dict(
        'with a common number that nothing declares',
        of => ({...of, common: {...of.common, count: 1}}),
        /^This state has the common number 'count', which no callback of this optimizer declares\.$/,
      ),
      dict('that freezes fewer groups', of => ({...of, frozen: of.frozen.slice(1)}), /'frozen'/),
      dict(
        'with a schedule that was ended in a group that does not exist',
        of => ({...of, schedule: scheduled({released: [2]})}),
        /'released'/,
      ),
      dict(
        'with two schedules for one hyper',
        of => ({...of, schedule: scheduled({}, {})}),
        /has two schedules for the hyper 'lr'; it must have one/,
      ),
      dict('with another rank', of => firstState(of, {gradAvg: tf.scalar(1)}), /of shape \[2,2\]/),
      dict(
        'with another type',
        of => firstState(of, {gradAvg: tf.zeros([2, 2], 'int32')}),
        /float32 tensor of shape \[2,2\]; got int32/,
      ),
      dict(
        'with a tensor for a number',
        of => firstState(of, {step: tf.scalar(1)}),
        /'step' of 'w' must be a finite number/,
      ),
      {
        what: 'an unknown state entry',
        act: ({optimizer, w}) => {
          optimizer.state.set(w, {velocity: 1});
        },
        says: /no state 'velocity'; it has doWd, forceTrain, gradAvg/,
      },
      ...[5, 'doWd', undefined, null, [true]].map(value => ({
        what: `${JSON.stringify(value)} in place of state entries`,
        act: ({optimizer, w}: Trained) => {
          const set = (entries: Record<string, number>) => {
            optimizer.state.set(w, entries);
          };
          Reflect.apply(set, undefined, [value]);
        },
        says: /^state\.set takes its settings in an object; got .*\. Write state\.set\(variable, \{…\}\)\.$/,
      })),
      {
        what: 'a flag that is a number',
        act: ({optimizer, w}) => {
          optimizer.state.set(w, {doWd: 1});
        },
        says: /'doWd' must be true or false; got 1/,
      },
      {
        what: 'a number that is not finite',
        act: ({optimizer, w}) => {
          optimizer.state.set(w, {doWd: false, step: NaN});
        },
        says: /'step' of 'w' must be a finite number; got NaN/,
      },
      {
        what: 'state that is disposed',
        act: ({optimizer, b}) => {
          const gone = tf.zeros([2]);
          gone.dispose();
          optimizer.state.set(b, {gradAvg: gone});
        },
        says: /^The new state 'gradAvg' of 'b' is disposed; pass a live tensor\.$/,
      },
      {
        what: 'state of another shape',
        act: ({optimizer, b}) =>
          tf.tidy(() => {
            optimizer.state.set(b, {gradAvg: tf.zeros([2, 2])});
          }),
        says: /'gradAvg' of 'b' .*\[2\]; got float32 of shape \[2,2\]/,
      },
      {
        what: 'state for a variable that is not trained',
        act: ({optimizer, stranger}) => {
          optimizer.state.set(stranger, {doWd: false});
        },
        says: /'stranger' is not among the `params`/,
      },
    ]);

    describe('an optimizer that is impossible', () => {
      const variable = tf.variable;
      const made: ReadonlyArray<readonly [string, () => unknown, RegExp]> = [
        ['a learning rate that is not finite', () => adam(NaN), /'lr' must be a finite number/],
        ['a learning rate that is true', () => adam(true), /'lr' must be a finite number; got true/],
        [
          'several rates for one group',
          () => adam([1, 2]),
          /Trying to set 2 values for lr but there are 1 parameter groups/,
        ],
        // @ts-expect-error -- plain JavaScript gets no help from the types.
        ['an unknown hyper', () => adam(0.1, {beta_1: 0.9}), /'beta_1' is 'mom' here/],
        // @ts-expect-error -- plain JavaScript gets no help from the types.
        ['a hyper that has no default', () => new Optimizer([sgdStep], {}), /'lr' has no default: give it/],
        ["Lookahead's k of 0", () => lookahead(sgd(), {k: 0}), /a whole number from 1; got 0/],
        ["Lookahead's alpha of 2", () => lookahead(sgd(), {alpha: 2}), /alpha must be in \[0, 1\]; got 2/],
        [
          'a step without an entry that it needs',
          () => new Optimizer([adamStep], {lr: 1, mom: 0, sqrMom: 0, eps: 1}),
          /adamStep.*'gradAvg', which no callback before it provides/,
        ],
        [
          'a step before the callback whose entry it reads',
          () => new Optimizer([momentumStep, averageGrad], {lr: 1}),
          /momentumStep.*'gradAvg', which no callback before it provides; put a callback/,
        ],
        [
          'freezing one group',
          () => {
            sgd().freeze();
          },
          /needs at least two groups; give `params` as lists/,
        ],
        [
          'a variable that is disposed',
          () => {
            const gone = tf.tidy(() => variable(tf.ones([1]), true, 'gone'));
            gone.dispose();
            return sgd(0.1, {params: [gone]});
          },
          /'gone' is disposed/,
        ],
        ...(['int32', 'bool'] as const).map(
          dtype =>
            [
              `a variable of ${dtype}`,
              () => {
                const one = tf.tidy(() => variable(tf.zeros([1], dtype), true, 'whole'));
                try {
                  sgd(0.1, {params: [one]});
                } finally {
                  one.dispose();
                }
              },
              new RegExp(`'whole' is ${dtype}; only float32 variables can be trained`),
            ] as const,
        ),
        [
          'a mixture of groups and parameters',
          () => {
            const one = tf.tidy(() => variable(tf.ones([1])));
            try {
              // @ts-expect-error -- plain JavaScript gets no help from the types.
              sgd(0.1, {params: [one, [one]]});
            } finally {
              one.dispose();
            }
          },
          /mixes parameters and lists/,
        ],
        [
          'an option that the callback does not have',
          () => averageGrad.with(Object.assign({dampening: true}, {damping: true})),
          /no option 'damping'; it has dampening/,
        ],
      ];
      for (const [what, make, says] of made) it(what, () => leakless(() => refuses(make, says)));
    });

    describe('a callback on the second parameter', () => {
      const undeclared: object = {velocity: 1};
      const wrongP: object = {p: 1};
      const counter = callback('badCounter', {state: {count: 0, sum: zeros}}, ({grad, count, sum}) => ({
        count: count + 1,
        sum: sum.add(grad),
      }));
      const failing: ReadonlyArray<readonly [string, (second: boolean) => object, RegExp]> = [
        [
          'throws',
          second => {
            if (second) throw new Error('It broke.');
            return {};
          },
          /It broke/,
        ],
        [
          'returns an entry that it does not declare',
          second => (second ? undeclared : {}),
          /badRule returned 'velocity', which it does not declare; it may return p, update, grad, stop/,
        ],
        [
          'returns a number for p',
          second => (second ? wrongP : {}),
          /badRule returned the number 1 for 'p'; it must return a float32 tensor/,
        ],
        [
          'returns p of another shape',
          second => (second ? {p: tf.zeros([5])} : {}),
          /badRule returned 'p' of shape \[5\]; it must be of shape \[3\]/,
        ],
        [
          'returns a number for stop',
          second => (second ? {stop: 1} : {}),
          /badRule returned the number 1 for 'stop'; it must be true or false/,
        ],
        [
          'returns a tensor for a number',
          second => (second ? {seen: tf.scalar(1)} : {}),
          /for 'seen'; it must return a number/,
        ],
      ];
      for (const [what, result, says] of failing) {
        it(what, () =>
          leakless(async () => {
            const variables = tf.tidy(() => [tf.variable(tf.ones([2])), tf.variable(tf.ones([3]))]);
            const rule = callback('badRule', {state: {seen: 0}}, ({p}) => (broken ? result(p.size === 3) : {}));
            let broken = false;
            const optimizer = new Optimizer([weightDecay, counter, rule, sgdStep], {
              lr: 0.1,
              wd: 0.1,
              params: variables,
            });
            const step = () => {
              optimizer.minimize(() => tf.addN(variables.map(one => one.square().sum())).asScalar());
            };
            step();
            const before = await snapshot(optimizer);
            broken = true;
            await leakless(() => refuses(step, says));
            expect(await snapshot(optimizer)).toEqual(before);
            broken = false;
            step();
            expect(optimizer.iterations).toBe(2);
            optimizer.dispose();
            tf.dispose(variables);
          }),
        );
      }
    });

    it('a variable on which noWd says neither true nor false', () =>
      leakless(async () => {
        const {optimizer, w, b, stranger} = trained();
        let answer: unknown = 1;
        const made: unknown = Reflect.apply(sgd, undefined, [0.1, {wd: 0.1, params: [w, b], noWd: () => answer}]);
        if (!(made instanceof Optimizer)) throw new Error('It must be an optimizer.');
        const loss = () => tf.tidy(() => w.sum().asScalar());
        const before = await bitsOf([w, b]);
        await refuses(() => made.minimize(loss), /^`noWd` must return true or false; for 'w' it returned 1\.$/);
        expect(await bitsOf([w, b])).toEqual(before);
        expect(made.iterations).toBe(0);
        answer = false;
        made.minimize(loss);
        made.dispose();
        optimizer.dispose();
        tf.dispose([w, b, stranger]);
      }));

    it("a disposed optimizer can't be used", () =>
      leakless(async () => {
        const {optimizer, w, b, stranger} = trained();
        optimizer.dispose();
        optimizer.dispose();
        const loss = () => tf.tidy(() => w.sum().asScalar());
        const uses: ReadonlyArray<() => unknown> = [
          () => optimizer.minimize(loss),
          () => optimizer.computeGradients(loss),
          () => {
            optimizer.applyGradients({});
          },
          () => optimizer.backward(loss),
          () => {
            optimizer.step();
          },
          () => {
            optimizer.eval();
          },
          () => optimizer.stateDict(),
          () => optimizer.getWeights(),
          () => optimizer.setWeights([]),
          () => {
            optimizer.attach([w]);
          },
          () => {
            optimizer.state.set(w, {doWd: false});
          },
          () => lookahead(optimizer),
        ];
        for (const use of uses) await refuses(use, /can't be used any more: it is disposed. Make a new one/);
        tf.dispose([w, b, stranger]);
      }));

    it("an optimizer that Lookahead took over can't be used", () =>
      leakless(async () => {
        const {optimizer, w, b, stranger} = trained();
        const outer = lookahead(optimizer);
        await refuses(() => {
          optimizer.applyGradients({});
        }, /it is part of a TfjsOptimLookahead now/);
        outer.dispose();
        tf.dispose([w, b, stranger]);
      }));

    for (const {name, make} of everyOptimizer) {
      // Prodigy estimates one rate for all parameters, from all gradients.
      if (name === 'prodigy') continue;

      it(`a NaN in a gradient reaches no other parameter with ${name}`, () =>
        leakless(async () => {
          const run = async (poison: number) => {
            const variables = tf.tidy(() => [tf.variable(tf.ones([3])), tf.variable(tf.ones([2]))]);
            const optimizer = make(0.1);
            for (let i = 0; i < 3; i++) {
              tf.tidy(() => {
                const gradients = [tf.tensor1d([1, poison, 2]), tf.tensor1d([1, -2])];
                optimizer.applyGradients(
                  variables.map(({name: variable}, j) => ({name: variable, tensor: present(gradients[j])})),
                );
              });
            }
            const [first, second] = await Promise.all(variables.map(variable => variable.data()));
            const [, bits] = await bitsOf(variables);
            optimizer.dispose();
            tf.dispose(variables);
            return {poisoned: present(first), other: present(second), bits};
          };
          const sound = await run(0.5);
          const {poisoned, other, bits} = await run(NaN);
          expect(present(poisoned[1])).toBeNaN();
          expect(other.every(Number.isFinite)).toBeTrue();
          expect(bits).toEqual(sound.bits);
        }));
    }
  },
  ['cpu', 'wasm', 'webgl'],
);

describe('A callback with state', () => {
  const TWICE: Readonly<Record<string, () => Optimizer>> = {
    accumulate: () => sgd(1, {callbacks: [...accumulate(2), ...accumulate(3)]}),
    averageGrad: () => new Optimizer([averageGrad, averageGrad.with({dampening: true}), sgdStep], {lr: 1, mom: 0.9}),
    lookahead: () => lookahead(ranger(0.1)),
    ema: () => ema(ema(adam(0.1))),
    swa: () => swa(swa(adam(0.1))),
  };
  for (const [name, make] of Object.entries(TWICE))
    it(`is refused where it is there twice: ${name}`, () => {
      expect(make).toThrowError(/^\w+ is there twice, and both would update its state; leave one out\.$/);
    });

  it('leaves the optimizer as it was, where a wrapper would add it twice', () => {
    const inner = ranger(0.1);
    expect(() => lookahead(inner)).toThrowError(/there twice/);
    expect(() => lookahead(inner)).toThrowError(/there twice/);
    expect(inner.hypers[0]?.['lr']).toBe(0.1);
    inner.dispose();
  });

  it('may be there twice if it has no state', () => {
    const optimizer = new Optimizer([clipGradNorm, weightDecay, clipGradNorm, sgdStep], {lr: 1, wd: 0.1, clipNorm: 1});
    expect(optimizer.callbacks.length).toBe(4);
    optimizer.dispose();
  });
});
