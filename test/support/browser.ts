import '@tensorflow/tfjs-backend-webgpu';

import {setWasmPaths} from '@tensorflow/tfjs-backend-wasm';

declare global {
  interface Window {
    __karma__: {start: (...args: unknown[]) => void; error: (message: string) => void};
  }
}

// Where test/runner/chrome_pass.mjs has karma serve the binaries.
setWasmPaths('/wasm/');

/** Jasmine collects specs synchronously, but which backends there are is known later: karma starts after `load`. */
export function startAfter(load: () => Promise<void>): void {
  const karma = window.__karma__;
  const start = karma.start.bind(karma);
  karma.start = (...args) => {
    load().then(
      () => {
        start(...args);
      },
      (error: unknown) => {
        karma.error(error instanceof Error ? (error.stack ?? error.message) : String(error));
      },
    );
  };
}
