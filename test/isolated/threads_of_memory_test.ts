import '../../src/wasm_training/index';

import {assertWasmBackend, memoryOf} from '../../src/wasm/backend';
import {wasmFunction} from '../../src/wasm/instance';
import {wasmFunctions} from '../../src/wasm/module';
import {CALLING, type Share, share} from '../../src/wasm/threads';
import {startWasmThreads} from '../../src/wasm_threads';
import {BoardFull, SharedWords} from '../../src/wasm_threads/board';
import {describeBackends} from '../support/backends';
import {leakless} from '../support/leakless';
import {restartBackend} from '../support/restart';
import {tf} from '../support/tfjs';
import {hasThreads, startThreads, withThreads} from './support/threads';

function memory(): WebAssembly.Memory {
  return memoryOf(assertWasmBackend(tf.backend()));
}

function functions() {
  return wasmFunctions(
    assertWasmBackend(tf.backend()),
    'threadsTest',
    () => `
    (func (export "store") (param $at i32) (param $value i32) (i32.store (local.get $at) (local.get $value)))
    (func (export "fail") (param $at i32) (unreachable))
    (func (export "stay") (param $at i32)
      (loop $again (br_if $again (i32.eqz (i32.load (local.get $at))))))`,
  );
}

/** As many shares as threads. The calling thread does its share when a worker has taken the share `awaited`. */
function onWorkers(block: number, threads: number, awaited: number, act: (share: Share) => void): void {
  const store = wasmFunction(functions(), 'store');
  const taken = new Int32Array(memory().buffer, block + 2048, threads).fill(0);
  share(memory(), {parts: threads, threads, shares: threads}, one => {
    const {thread, index} = one;
    thread.on(store)(block + 2048 + 4 * index, 1);
    const begun = performance.now();
    while (thread === CALLING && Atomics.load(taken, awaited) === 0)
      if (performance.now() - begun > 60_000) throw new Error('The workers did not take their shares.');
    act(one);
  });
}

function withBlock<T>(act: (at: number) => T): T {
  const {wasm} = assertWasmBackend(tf.backend());
  const at = wasm._malloc(4096);
  try {
    return act(at);
  } finally {
    wasm._free(at);
  }
}

describeBackends(
  'startWasmThreads',
  () => {
    it('starts as many threads as the processor has, and ends them', async () => {
      expect(crossOriginIsolated).toBeTrue();
      const {threads, stop} = await startWasmThreads();
      expect(threads).toBe(Math.min(8, navigator.hardwareConcurrency));
      // A processor of one thread has none to share with.
      expect(hasThreads(memory())).toBe(threads > 1);
      stop();
      stop();
      expect(hasThreads(memory())).toBeFalse();
    });

    it('replaces threads that run', async () => {
      const first = await startWasmThreads({threads: 2});
      const second = await startWasmThreads({threads: 3});
      first.stop();
      expect(hasThreads(memory())).toBeTrue();
      second.stop();
      expect(hasThreads(memory())).toBeFalse();
    });

    it('refuses wrong numbers of threads', async () => {
      for (const threads of [0, -1, 1.5, 65, Number.NaN])
        await expectAsync(startWasmThreads({threads})).toBeRejectedWithError(
          `'threads' must be a whole number from 1 to 64; got ${threads}.`,
        );
      expect(hasThreads(memory())).toBeFalse();
    });

    it('leaves no worker where one can not start', async () => {
      const ended = spyOn(Worker.prototype, 'terminate').and.callThrough();
      spyOn(URL, 'createObjectURL').and.returnValue('data:text/javascript,throw new Error("refused")');
      await expectAsync(startWasmThreads({threads: 4})).toBeRejectedWithError(/could not start a worker.*worker-src/);
      expect(ended).toHaveBeenCalledTimes(3);
      expect(hasThreads(memory())).toBeFalse();
    });

    it('ends its threads with the backend', async () => {
      await startWasmThreads({threads: 2});
      const before = memory();
      await restartBackend('wasm');
      expect(hasThreads(before)).toBeFalse();
      expect(memory()).not.toBe(before);
      expect(hasThreads(memory())).toBeFalse();
    });

    it('leaves no thread where the backend is removed while they start', async () => {
      const before = memory();
      const starting = startWasmThreads({threads: 2});
      const restarting = restartBackend('wasm');
      await expectAsync(starting).toBeRejectedWithError(/removed while startWasmThreads started/);
      await restarting;
      expect(hasThreads(before)).toBeFalse();
      expect(hasThreads(memory())).toBeFalse();
    });

    it('needs the build with shared memory', async () => {
      tf.env().set('WASM_HAS_MULTITHREAD_SUPPORT', false);
      await restartBackend('wasm');
      await expectAsync(startWasmThreads()).toBeRejectedWithError(/needs the build of tfjs-backend-wasm with threads/);
      tf.env().set('WASM_HAS_MULTITHREAD_SUPPORT', true);
      await restartBackend('wasm');
    });

    it('needs the WASM backend', async () => {
      await tf.setBackend('cpu');
      await expectAsync(startWasmThreads()).toBeRejectedWithError(/Call tf.setBackend\('wasm'\) first/);
      await tf.setBackend('wasm');
    });
  },
  ['wasm'],
);

describeBackends(
  'a share of work',
  () => {
    it('is done by its thread, for more commands than the first memory holds', async () => {
      await withThreads(3, () => {
        withBlock(at => {
          const store = wasmFunction(functions(), 'store');
          share(memory(), {parts: 1000, threads: 3, shares: 12}, ({from, to, thread}) => {
            const run = thread.on(store);
            for (let round = 0; round < 30; round++) for (let i = from; i < to; i++) run(at + 4 * i, i + round);
          });
          expect([...new Int32Array(memory().buffer, at, 1000)]).toEqual(Array.from({length: 1000}, (_, i) => i + 29));
        });
      });
    });

    it('is done by the calling thread where there is no room for its commands', async () => {
      await withThreads(2, () => {
        withBlock(at => {
          const store = wasmFunction(functions(), 'store');
          const begun = new Array<string>();
          share(memory(), {parts: 3, threads: 2, shares: 3}, ({thread, index}) => {
            begun.push(`${index} ${thread === CALLING ? 'here' : 'written'}`);
            const run = thread.on(store);
            // The third share has more commands than fit.
            for (let i = 0; i < (index === 2 ? 2 ** 20 : 10); i++) run(at + 4 * index, i);
          });
          expect(begun.slice(0, 4)).toEqual(['1 written', '2 written', '0 here', '2 here']);
          expect([...new Int32Array(memory().buffer, at, 3)]).toEqual([9, 9, 2 ** 20 - 1]);
        });
      });
    });

    it('that fails on a worker or on the calling thread throws, and the next one is done', async () => {
      await withThreads(3, () => {
        withBlock(at => {
          const [store, fail] = ['store', 'fail'].map(name => wasmFunction(functions(), name));
          if (store === undefined || fail === undefined) throw new Error('The module has both.');
          const run = (failing: number) => {
            onWorkers(at, 3, Math.max(0, failing), ({from, thread, index}) => {
              thread.on(index === failing ? fail : store)(at + 4 * from, 7);
            });
          };
          for (const failing of [0, 1, 2]) {
            new Int32Array(memory().buffer, at, 3).fill(0);
            expect(() => {
              run(failing);
            }).toThrowError(failing === 0 ? /unreachable/ : /A thread of tfjs-optim could not compute.*unreachable/);
            run(-1);
            expect([...new Int32Array(memory().buffer, at, 3)]).toEqual([7, 7, 7]);
          }
        });
      });
    });

    it('that throws while it is divided waits for the threads that began', async () => {
      await withThreads(3, () => {
        withBlock(at => {
          const store = wasmFunction(functions(), 'store');
          const run = (failing: number) => {
            share(memory(), {parts: 3, threads: 3, shares: 3}, ({from, thread, index}) => {
              thread.on(store)(at + 4 * from, 8);
              if (index === failing) throw new Error(`Share ${index} failed.`);
            });
          };
          for (const failing of [0, 1, 2]) {
            expect(() => {
              run(failing);
            }).toThrowError(`Share ${failing} failed.`);
            run(-1);
            expect([...new Int32Array(memory().buffer, at, 3)]).toEqual([8, 8, 8]);
          }
        });
      });
    });

    it('of a dead thread becomes an error, and one thread goes on', async () => {
      const {stop} = await startThreads(2, 300);
      withBlock(at => {
        new Int32Array(memory().buffer, at, 1).fill(0);
        const stay = wasmFunction(functions(), 'stay');
        expect(() => {
          onWorkers(at, 2, 1, ({thread, index}) => {
            if (index === 1) thread.on(stay)(at);
          });
        }).toThrowError(/^A thread of tfjs-optim made no progress for 0.3 s/);
        expect(hasThreads(memory())).toBeFalse();
        share(memory(), {parts: 5, threads: 2, shares: 2}, ({from, to, index}) => {
          expect([from, to, index]).toEqual([0, 5, 0]);
        });
        // Lets the thread go where it was not ended in its loop.
        new Int32Array(memory().buffer, at, 1).fill(1);
      });
      stop();
    });

    it('with an error in a kernel leaves no tensor and no thread that works', async () => {
      await withThreads(2, () =>
        leakless(() => {
          const [a, b] = [tf.ones([40, 30]), tf.ones([50, 30])];
          expect(() => tf.matMul(a, b, true, true)).toThrowError(/inner shapes/);
          tf.matMul(a, b, false, true).dispose();
          tf.dispose([a, b]);
        }),
      );
    });
  },
  ['wasm'],
);

describe('words that are shared with workers', () => {
  it('do not run out of addresses, although a page started and stopped threads again and again', () => {
    const all = Array.from({length: 500}, () => new SharedWords());
    all.forEach((words, i) => {
      words.upTo(20_000).fill(i);
    });
    expect(all.every((words, i) => words.upTo(20_000)[19_999] === i)).toBeTrue();
  });

  it('keep their numbers when they grow, up to a limit', () => {
    const words = new SharedWords();
    words.upTo(1)[0] = 7;
    expect(words.upTo(1_000_000).length).toBeGreaterThanOrEqual(1_000_000);
    expect(words.upTo(1)[0]).toBe(7);
    expect(() => words.upTo(2 ** 25)).toThrowError(BoardFull);
    expect(words.upTo(1)[0]).toBe(7);
  });
});
