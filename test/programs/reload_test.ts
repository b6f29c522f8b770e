import type {Trained} from '../reload/page';
import {runCommand} from '../support/run_command';

interface Reloaded {
  readonly whole: Trained;
  readonly resumed: Trained;
  /** The hypers at each step before the page was reloaded. */
  readonly before: number[][];
  /** The number of these that the next page knows. */
  readonly left: number;
}

function isReloaded(x: unknown): x is Reloaded {
  return typeof x === 'object' && x !== null && 'whole' in x && 'resumed' in x && 'before' in x && 'left' in x;
}

describe('A page that is reloaded in the middle of a one-cycle', () => {
  for (const backend of ['cpu', 'webgl', 'wasm']) {
    for (const way of ['fit', 'loop']) {
      it(`goes on as if it had not been reloaded: ${way} on ${backend}`, async () => {
        const {code, stdout, stderr} = await runCommand(process.execPath, 'test/reload/run.mjs', backend, way);
        expect(code).withContext(stderr).toBe(0);
        const trained: unknown = JSON.parse(stdout);
        if (!isReloaded(trained)) throw new Error(`The page gave ${stdout}.`);
        const {whole, resumed, before, left} = trained;
        expect(left).withContext('the page is a new one').toBe(0);
        expect(before.length).toBe(way === 'fit' ? 8 : 7);
        expect([...before, ...resumed.steps])
          .withContext('hypers at each step')
          .toEqual(whole.steps);
        expect(new Set(whole.steps.map(([lr]) => lr)).size)
          .withContext('different rates')
          .toBeGreaterThan(8);
        expect(resumed.weights).withContext('weights').toEqual(whole.weights);
        expect(resumed.optimizer).withContext('state, hypers, freezing, schedule').toEqual(whole.optimizer);
      });
    }
  }
});
