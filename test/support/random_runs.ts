import fc from 'fast-check';

/** `npm test -- --compositions N`; less than 1 with `--quick`. */
const times = Number(process.env.TEST_COMPOSITIONS);

/** The time limit of a spec of random runs, in milliseconds; undefined for the usual limit. */
export const patience = times > 1 ? 3_600_000 : undefined;

/**
 * Expects a property of `runs` random values: the same each time, so that a failure can be repeated, unless more were
 * asked for.
 */
export async function expectAlways<T>(property: fc.IAsyncProperty<[T]>, runs: number): Promise<void> {
  const {failed, errorInstance, counterexample, seed, counterexamplePath} = await fc.check(property, {
    numRuns: Math.ceil(runs * times),
    endOnFailure: true,
    ...(times > 1 ? {} : {seed: 1}),
  });
  const example = fc.stringify(counterexample).slice(0, 10_000);
  expect(failed)
    .withContext(`seed ${seed}, path ${counterexamplePath}: ${String(errorInstance)}: ${example}`)
    .toBe(false);
}
