import {startWasmThreads} from '../../src/wasm_threads';
import {describeBackends} from '../support/backends';
import {restartBackend} from '../support/restart';

describeBackends(
  'startWasmThreads in Node',
  () => {
    it('says why there are no threads, with and without a backend', async () => {
      const message = /^startWasmThreads works in browsers only\. In Node, .*Remove the call\.$/;
      await expectAsync(startWasmThreads()).toBeRejectedWithError(message);
      await expectAsync(startWasmThreads({threads: 2})).toBeRejectedWithError(message);
      // No trace of the call is left.
      await restartBackend('wasm');
    });

    it('refuses wrong options before anything else', async () => {
      await expectAsync(startWasmThreads({threads: 0})).toBeRejectedWithError(
        "'threads' must be a whole number from 1 to 64; got 0.",
      );
      const untyped: unknown = JSON.parse('{"count": 2}');
      await expectAsync(Reflect.apply(startWasmThreads, undefined, [untyped])).toBeRejectedWithError(
        "startWasmThreads has no option 'count'; it has threads.",
      );
      await expectAsync(Reflect.apply(startWasmThreads, undefined, [2])).toBeRejectedWithError(
        'startWasmThreads takes its settings in an object; got 2. Write startWasmThreads({threads: 2}).',
      );
    });
  },
  ['wasm'],
);
