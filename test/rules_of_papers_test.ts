import {blocks} from 'docs:blocks';

import {type AnyCallback, averageGrad, Optimizer, weightDecay} from '../src';
import {registeredCallback} from '../src/rule/registry';
import {tensorsIn} from '../src/state/state_dict';
import {describeBackends} from './support/backends';
import {expectClose} from './support/close';
import {docContext} from './support/doc_context';
import {number, numbers} from './support/golden';
import type {ModernCase, ModernFile} from './support/golden_modern.mjs';
import * as golden from './support/golden_modern.mjs';
import {leakless} from './support/leakless';
import {elementOf, present} from './support/present';
import {tf} from './support/tfjs';

/** The names of hypers and options here, and in the recorded runs. */
const NAMES: Readonly<Record<string, string>> = {
  lr: 'lr',
  eps: 'eps',
  weight_decay: 'wd',
  momentum: 'mom',
  ns_steps: 'nsSteps',
  d0: 'd0',
};
const nameOf = (key: string): string => present(NAMES[key]);

interface Rule {
  /** The heading in the page. */
  readonly heading: string;
  readonly cases: readonly ModernCase[];
  /** Makes the chain from callbacks of the page, by name. */
  readonly chain: (named: (name: string) => AnyCallback) => readonly AnyCallback[];
  /** Those of the recorded program's defaults that differ from the rule's. */
  readonly defaults: Readonly<Record<string, number>>;
  /** What only the recorded program has; the cases hold it at values that change nothing. */
  readonly ignored: readonly string[];
  /** The end of `fusedOn`. */
  readonly alone: string;
  /** How many fused kernels a step runs, as the page says. */
  readonly kernels: number;
}

/** Those cases of a recorded class that fit a rule of the page, which has fewer options. */
function named({cases}: ModernFile, optimizer: string, names: readonly string[]): ModernCase[] {
  return names.map(name => present(cases.find(one => one.name === `${optimizer}/${name}`)));
}

const RULES: readonly Rule[] = [
  {
    heading: 'D-Adaptation: a total and shared numbers',
    cases: named(golden.prodigy, 'DAdaptAdam', ['plain', 'zero_gradient_first_missing', 'resume']),
    chain: named => [named('dAdaptStep')],
    defaults: {},
    ignored: [],
    alone: '',
    kernels: 1,
  },
  {
    heading: 'Adafactor: means along axes',
    cases: [
      ...named(golden.adafactor, 'Adafactor', ['plain', 'edge_gradients', 'mid_size', 'large_lr']),
      ...named(golden.adafactor, 'AdafactorTimm', ['relative_step']),
    ],
    chain: named => [named('factoredStep')],
    defaults: {},
    // The small numbers that keep divisions finite. Parameters of two rows are factored, too.
    ignored: ['eps', 'min_dim_size_to_factor'],
    alone: '',
    kernels: 1,
  },
  {
    heading: 'Muon: a matrix product',
    cases: named(golden.muon, 'Muon', [
      'plain',
      'original',
      'zero_gradient_first',
      'edge_gradients',
      'missing_gradients',
      'lr_schedule_and_resume',
      'rank_one',
      'mid_size',
    ]),
    chain: named => [weightDecay, averageGrad.with({dampening: true}), named('muonStep'), named('orthogonalize')],
    defaults: {mom: 0.95, wd: 0.1, lrScale: 1},
    // 'original' is the default of the recorded program.
    ignored: ['adjust_lr_fn'],
    alone: ', except orthogonalize',
    kernels: 2,
  },
];

describeBackends(
  'A rule of the page on own rules does what recorded runs do:',
  backend => {
    for (const rule of RULES) {
      describe(rule.heading, () => {
        // The callbacks are those that the code of the page has registered.
        beforeAll(async () => {
          const block = blocks.find(({name, run}) => name.endsWith(`, ${rule.heading}`) && run !== undefined);
          await present(present(block).run)(docContext());
          tf.disposeVariables();
        });
        for (const one of rule.cases) {
          it(one.name, () =>
            leakless(async () => {
              await compare(rule, one);
            }),
          );
        }
      });
    }

    async function compare(rule: Rule, {hypers, groups, grads, events, expected}: ModernCase): Promise<void> {
      const parameters = groups.flat();
      const variables = parameters.map(({init, shape}) =>
        tf.tidy(() => tf.variable(tf.tensor(numbers(init), [...shape], 'float32'))),
      );
      const given = Object.entries(hypers).flatMap(([key, value]) =>
        typeof value === 'number' && !rule.ignored.includes(key) ? [[nameOf(key), value] as const] : [],
      );
      const make = () =>
        new Optimizer<readonly AnyCallback[]>(
          rule.chain(name => registeredCallback(name)),
          {...rule.defaults, ...Object.fromEntries(given), params: [variables]},
        );
      let optimizer = make();
      const differing = Object.keys(hypers).filter(key => !rule.ignored.includes(key) && NAMES[key] === undefined);
      expect(differing).withContext('hypers that the rule lacks').toEqual([]);
      for (const [step, gradients] of grads.entries()) {
        for (const event of events) {
          if (event.step !== step) continue;
          if (event.kind === 'set_hyper') {
            optimizer.setHyper(nameOf(event.key), event.value);
            continue;
          }
          const dict = optimizer.stateDict();
          optimizer.dispose();
          optimizer = make();
          optimizer.loadStateDict(dict);
          tf.dispose(tensorsIn(dict));
        }
        const {kernels} = await tf.profile(() => {
          tf.tidy(() => {
            optimizer.applyGradients(
              variables.map(({name, shape}, i) => {
                const gradient = elementOf(gradients, i);
                return {name, tensor: gradient === null ? null : tf.tensor(numbers(gradient), shape, 'float32')};
              }),
            );
          });
          return [];
        });
        expect(kernels.filter(({name}) => name === 'OptimStep').length).toBe(
          gradients.every(gradient => gradient === null) ? 0 : rule.kernels,
        );
        expect(optimizer.fusedOn).toBe(`${backend}${rule.alone}`);
        for (const [i, variable] of variables.entries())
          expectClose(
            await variable.data(),
            numbers(present(expected.f64.params[step]?.[i])),
            expected.tol,
            `step ${step}, parameter ${i}`,
          );
        const trace = expected.f64.trace?.['d']?.[step];
        if (trace === undefined || typeof trace === 'object') continue;
        const d = number(trace);
        const shared = await optimizer.shared();
        expect(Math.abs(present(shared['d']) / d - 1))
          .withContext(`d after step ${step}`)
          .toBeLessThan(1e-4);
      }
      optimizer.dispose();
      tf.dispose(variables);
    }
  },
  ['cpu', 'wasm'],
);
