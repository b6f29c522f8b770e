import {describeBackends} from './support/backends';
import {expectClose} from './support/close';
import {number, numbers, optimFiles} from './support/golden';
import type {OptimCase, OptimEvent} from './support/golden_files.mjs';
import {goldenState, runGolden} from './support/golden_run';
import {leakless} from './support/leakless';
import {present} from './support/present';

const TOLERANCE = 5e-6;

/** A case that records a defect of fastai, which is fixed here, and what makes ours do the same. */
interface Fixed {
  readonly reason: string;
  readonly asRecorded: (one: OptimCase) => OptimCase;
}

const movesFrozen: Fixed = {
  reason: "fastai's Lookahead moves frozen weights; ours only those without a gradient, so nothing is frozen",
  asRecorded: one => ({...one, events: one.events.filter(event => trainableAfter(event) === undefined)}),
};

const FIXED: Readonly<Record<string, Fixed>> = {
  'ctor/rmsprop_eps_ignored': {
    reason: 'fastai builds RMSProp without its eps; ours uses it, so it is left out',
    asRecorded: ({hypers: {eps: _, ...hypers}, ...one}) => ({...one, hypers}),
  },
  'look_sgd/slice_end_freeze_force_train': movesFrozen,
  'look_adam/slice_end_freeze_force_train': movesFrozen,
  'look_rmsprop/slice_end_freeze_force_train': movesFrozen,
  'look_lamb/slice_end_freeze_force_train': movesFrozen,
  'ranger/slice_end_freeze_force_train': movesFrozen,
};

/** Which parameters train after an event that freezes or thaws. */
function trainableAfter(event: OptimEvent): readonly boolean[] | undefined {
  return 'expect_trainable' in event ? event.expect_trainable : undefined;
}

for (const [name, {cases}] of Object.entries(optimFiles)) {
  describeBackends(
    `golden/optim_${name}.json`,
    () => {
      for (const one of cases) {
        const fixed = FIXED[one.name];
        if (one.overflow !== true) {
          it(fixed === undefined ? one.name : `${one.name} (${fixed.reason})`, () =>
            leakless(async () => {
              const {params, state} = await runGolden(fixed?.asRecorded(one) ?? one);
              const {f64} = one.expected;
              f64.params.forEach((list, step) => {
                list.forEach((values, i) => {
                  expectClose(
                    present(present(params[step])[i]),
                    numbers(values),
                    TOLERANCE,
                    `step ${step}, parameter ${i}`,
                  );
                });
              });
              goldenState(f64).forEach((entries, i) => {
                expect(Object.keys(present(state[i])).sort())
                  .withContext(`state of parameter ${i}`)
                  .toEqual(Object.keys(entries).sort());
                for (const [entry, value] of Object.entries(entries)) {
                  const actual = present(present(state[i])[entry]);
                  if (typeof value === 'boolean' || typeof actual === 'boolean')
                    expect(actual).withContext(`${entry} of parameter ${i}`).toBe(value);
                  else expectClose(actual, value, TOLERANCE, `${entry} of parameter ${i}`);
                }
              });
            }),
          );
          continue;
        }
        // Numbers leave the range of float32 here. The step depends on the order of operations; what is finite in
        // fastai's float32 stays finite.
        it(`${one.name} (beyond float32: finite where fastai's float32 is)`, () =>
          leakless(async () => {
            const {params} = await runGolden(one);
            const lost = one.expected.f32.params.flatMap((list, step) =>
              list.flatMap((values, i) =>
                values.flatMap((value, j) =>
                  Number.isFinite(number(value)) && !Number.isFinite(params[step]?.[i]?.[j])
                    ? [`step ${step}, parameter ${i}[${j}]: ${params[step]?.[i]?.[j]}`]
                    : [],
                ),
              ),
            );
            expect(lost).toEqual([]);
          }));
      }

      for (const one of cases) {
        if (FIXED[one.name] !== movesFrozen) continue;
        it(`${one.name} (unchanged: frozen weights keep every bit)`, () =>
          leakless(async () => {
            const {params} = await runGolden(one);
            let trainable: readonly boolean[] = one.groups.flat().map(() => true);
            let frozen = 0;
            params.forEach((list, step) => {
              const events = one.events.filter(event => event.step === step);
              trainable = events.reduce((now, event) => trainableAfter(event) ?? now, trainable);
              list.forEach((values, i) => {
                if (trainable[i] !== false) return;
                frozen++;
                expect(values)
                  .withContext(`step ${step}, parameter ${i}`)
                  .toEqual(present(present(params[step - 1])[i]));
              });
            });
            expect(frozen).toBeGreaterThan(0);
          }));
      }
    },
    ['cpu', 'webgl', 'wasm'],
  );
}
