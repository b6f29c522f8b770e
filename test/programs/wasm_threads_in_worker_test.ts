import {openPage} from '../../bench/browser/serve_page.mjs';

describe('startWasmThreads in a worker', () => {
  it('shares the work with workers of the worker', async () => {
    const {page, open, close} = await openPage('test/support/threads_in_worker.ts', {}, {isolated: true});
    try {
      await open();
      await page.waitForFunction(() => 'result' in globalThis, undefined, {timeout: 120_000});
      const result: unknown = await page.evaluate((): unknown => Reflect.get(globalThis, 'result'));
      expect(result).toEqual({isPage: false, threads: 3, same: true});
    } finally {
      await close();
    }
  }, 180_000);
});
