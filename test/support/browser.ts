import '@tensorflow/tfjs-backend-webgpu';

import {setWasmPaths} from '@tensorflow/tfjs-backend-wasm';

import {PLACES} from './backends';

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

/** Leaves out the specs so far that name no backend. They need no page, and run in Node. */
export function leaveOthersToNode(): void {
  const env = jasmine.getEnv();
  const others = new Set(
    specsIn(env.topSuite())
      .filter(spec => !PLACES.some(place => spec.getFullName().includes(`[${place}]`)))
      .map(({id}) => id),
  );
  env.configure({specFilter: ({id}) => !others.has(id)});
}

function specsIn({children}: jasmine.Suite): jasmine.Spec[] {
  return children.flatMap(child => ('children' in child ? specsIn(child) : [child]));
}
