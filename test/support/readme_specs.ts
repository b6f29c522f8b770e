import type {blocks} from 'readme:blocks';
import {type BackendName, describeBackends} from './backends';
import {readmeContext} from './readme_context';
import {tf} from './tfjs';

/** Declares a spec for each block of the README that can run here. */
export function describeReadme(backend: BackendName, all: typeof blocks): void {
  describeBackends('the code in README.md', () => {
    // Some blocks print, and tfjs warns of losses that it did not save.
    beforeEach(() => { for (const method of ['log', 'table', 'warn'] as const) spyOn(console, method); });
    afterEach(() => { tf.disposeVariables(); });
    for (const {name, run} of all) {
      if (run !== undefined) it(`runs: ${name}`, () => expectAsync(run(readmeContext())).toBeResolved());
    }
  }, [backend]);
}
