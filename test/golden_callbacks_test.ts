import {
  adamStep,
  averageGrad,
  averageSqrGrad,
  debias,
  l2Reg,
  lambStep,
  larcLayerLr,
  larcStep,
  momentumStep,
  qhAdamStep,
  rAdamStep,
  rmsPropStep,
  sgdStep,
  stepStat,
  type Value,
  weightDecay,
} from '../src';
import {describeBackends} from './support/backends';
import {expectClose} from './support/close';
import {callbacks, number, numbers} from './support/golden';
import type {CallbackCase} from './support/golden_files.mjs';
import {camelCase} from './support/golden_optimizers';
import {leakless} from './support/leakless';
import {present} from './support/present';
import {tf} from './support/tfjs';

const TOLERANCE = 5e-6;

/** The arguments that a case passes to its callback. */
interface Given {
  readonly p: Value;
  readonly grad: Value;
  readonly doWd: boolean;
  /** A hyper, or a number of the state. */
  number(name: string): number;
  flag(name: string): boolean | undefined;
  tensor(name: string): Value;
  /** State, undefined where the case leaves it to its start. */
  started(name: string): Value | undefined;
}

const adamArguments = (at: Given) => ({
  p: at.p,
  grad: at.grad,
  lr: at.number('lr'),
  mom: at.number('mom'),
  sqrMom: at.number('sqr_mom'),
  eps: at.number('eps'),
  step: at.number('step'),
  gradAvg: at.tensor('grad_avg'),
  sqrAvg: at.tensor('sqr_avg'),
});

/** Each callback called by itself, as a plain function. */
const CALLS: Readonly<Record<string, (at: Given) => object>> = {
  sgd_step: at => sgdStep({p: at.p, grad: at.grad, lr: at.number('lr')}),
  weight_decay: at => weightDecay({p: at.p, doWd: at.doWd, lr: at.number('lr'), wd: at.number('wd')}),
  l2_reg: at => l2Reg({p: at.p, grad: at.grad, doWd: at.doWd, wd: at.number('wd')}),
  average_grad: at =>
    averageGrad.with({dampening: at.flag('dampening')})({
      p: at.p,
      grad: at.grad,
      mom: at.number('mom'),
      gradAvg: at.started('grad_avg'),
    }),
  average_sqr_grad: at =>
    averageSqrGrad({
      p: at.p,
      grad: at.grad,
      sqrMom: at.number('sqr_mom'),
      sqrAvg: at.started('sqr_avg'),
      dampening: at.flag('dampening'),
    }),
  momentum_step: at => momentumStep({p: at.p, grad: at.grad, lr: at.number('lr'), gradAvg: at.tensor('grad_avg')}),
  rms_prop_step: at =>
    rmsPropStep({
      p: at.p,
      grad: at.grad,
      lr: at.number('lr'),
      eps: at.number('eps'),
      sqrAvg: at.tensor('sqr_avg'),
      gradAvg: at.started('grad_avg'),
    }),
  step_stat: at => stepStat({p: at.p, step: at.number('step')}),
  adam_step: at => adamStep(adamArguments(at)),
  qhadam_step: at => qhAdamStep({...adamArguments(at), nu1: at.number('nu_1'), nu2: at.number('nu_2')}),
  lamb_step: at => lambStep(adamArguments(at)),
  radam_step: at => rAdamStep({...adamArguments(at), beta: at.number('beta')}),
  larc_layer_lr: at =>
    larcLayerLr.with({clip: at.flag('clip')})({
      p: at.p,
      grad: at.grad,
      lr: at.number('lr'),
      trustCoeff: at.number('trust_coeff'),
      wd: at.number('wd'),
      eps: at.number('eps'),
    }),
  larc_step: at => larcStep({p: at.p, grad: at.grad, localLr: at.tensor('local_lr'), gradAvg: at.started('grad_avg')}),
};

function givenBy({fn, shape, param, grad, state, kwargs, partial}: CallbackCase): Given {
  const values = {...kwargs, ...partial};
  const tensor = (list: readonly number[]) => tf.tensor([...list], [...shape], 'float32');
  const numberOf = (name: string) => {
    const value = values[name];
    // A step count that is not given starts at 0.
    if (typeof value === 'number') return value;
    if (name === 'step') return 0;
    throw new Error(`The case of ${fn} lacks ${name}.`);
  };
  const started = (name: string) => {
    const list = state[name];
    return list === undefined ? undefined : tensor(numbers(list));
  };
  return {
    p: tensor(param),
    grad: tensor(grad),
    doWd: values['do_wd'] !== false,
    number: numberOf,
    started,
    flag: name => {
      const value = values[name];
      return typeof value === 'boolean' ? value : undefined;
    },
    // fastai keeps local_lr as a number, this package as a scalar of the device.
    tensor: name => started(name) ?? tf.scalar(numberOf(name)),
  };
}

describeBackends(
  'golden/callbacks.json',
  () => {
    callbacks.cases.forEach((one, i) => {
      const {fn, shape, state, kwargs, partial, expected} = one;
      const given = [...Object.keys({...kwargs, ...partial}), ...Object.keys(state)];
      it(`${i}: ${fn} of shape [${shape}] with ${given.join(', ')}`, () =>
        leakless(async () => {
          const call = CALLS[fn];
          if (call === undefined) throw new Error(`CALLS has no entry for ${fn}.`);
          const results = tf.tidy(() => {
            const at = givenBy(one);
            const result: Record<string, unknown> = {p: at.p, grad: at.grad, ...call(at)};
            return Object.fromEntries(
              Object.entries(result).map(([name, value]) => [
                name,
                value instanceof tf.Tensor ? value.flatten() : tf.scalar(Number(value)).flatten(),
              ]),
            );
          });
          const {p, grad, ...entries} = results;
          // Callbacks without state return none.
          const wanted = Object.entries(expected.returned_state ?? {});
          expectClose(await present(p).data(), numbers(expected.param), TOLERANCE, 'p');
          expectClose(await present(grad).data(), numbers(expected.grad), TOLERANCE, 'grad');
          expect(Object.keys(entries).sort()).toEqual(wanted.map(([name]) => camelCase(name)).sort());
          for (const [name, value] of wanted) {
            const list = typeof value === 'object' ? numbers(value) : [number(value)];
            expectClose(await present(entries[camelCase(name)]).data(), list, TOLERANCE, name);
          }
          tf.dispose(results);
        }));
    });
  },
  ['cpu', 'webgl', 'wasm'],
);

describe('debias', () => {
  for (const {mom, damp, step, value} of callbacks.debias) {
    it(`is ${value} for mom ${mom}, damp ${damp}, step ${step}`, () => {
      expectClose(debias(mom, damp, step), value, 1e-14);
    });
  }
});
