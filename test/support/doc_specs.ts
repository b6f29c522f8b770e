import type {blocks} from 'docs:blocks';

import {type BackendName, describeBackends} from './backends';
import {docContext} from './doc_context';
import {tf} from './tfjs';

/** Declares a spec for each block of the pages that can run here. */
export function describeDocs(backend: BackendName, all: typeof blocks): void {
  describeBackends(
    'the code in the pages',
    () => {
      let log: jasmine.Spy;
      beforeEach(() => {
        log = spyOn(console, 'log');
        // Some blocks print tables, and tfjs warns of losses that it did not save.
        for (const method of ['table', 'warn'] as const) spyOn(console, method);
      });
      afterEach(() => {
        tf.env().set('OPTIM_FUSING', true);
        tf.disposeVariables();
      });
      for (const {name, run, printed} of all) {
        if (run === undefined) continue;
        it(`runs: ${name}`, async () => {
          await expectAsync(run(docContext())).toBeResolved();
          if (printed !== undefined)
            expect(
              log.calls
                .allArgs()
                .map(args => args.map(String).join(' ').trimEnd())
                .join('\n'),
            ).toBe(printed.trimEnd());
        });
      }
    },
    [backend],
  );
}
