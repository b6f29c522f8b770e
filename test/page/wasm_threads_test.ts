import {assertWasmBackend, memoryOf} from '../../src/wasm/backend';
import {startWasmThreads} from '../../src/wasm_threads';
import {hasThreads} from '../isolated/support/threads';
import {describeBackends} from '../support/backends';
import {tf} from '../support/tfjs';

describeBackends(
  'startWasmThreads on a page',
  () => {
    it('names the headers where the page is not isolated', async () => {
      if (crossOriginIsolated) {
        const {threads, stop} = await startWasmThreads({threads: 2});
        expect(threads).toBe(2);
        stop();
        return;
      }
      await expectAsync(startWasmThreads()).toBeRejectedWithError(
        /isolated page.*Cross-Origin-Opener-Policy: same-origin.*Cross-Origin-Embedder-Policy: require-corp/,
      );
      expect(hasThreads(memoryOf(assertWasmBackend(tf.backend())))).toBeFalse();
    });
  },
  ['wasm'],
);
