import {optimizers} from 'tfjs-optim';

import {isScheduleFree} from '../../examples/support/averages';
import {defined} from '../../examples/support/lookup';

/** How a program makes an optimizer of the table. */
export interface Factory {
  /** What to import from the package. */
  readonly name: string;
  /** Its arguments before the learning rate, as code. */
  readonly first: string;
}

/** Those whose factory does not have their name. */
const OTHERS: Readonly<Record<string, Factory>> = {
  scheduleFreeAdamW: {name: 'scheduleFree', first: "'adamW', "},
  scheduleFreeSgd: {name: 'scheduleFree', first: "'sgd', "},
  scheduleFreeRAdam: {name: 'scheduleFree', first: "'rAdam', "},
};

/** How a program makes the optimizer with this name. */
export function factoryOf(name: string): Factory {
  return OTHERS[name] ?? {name, first: ''};
}

/** Whether a schedule moves the rate of the optimizer with this name. `scheduleFree` has an average instead. */
export function followsSchedule(name: string): boolean {
  const {make} = defined(
    optimizers.find(one => one.name === name),
    `optimizer '${name}'`,
  );
  const optimizer = make(1);
  const follows = !isScheduleFree(optimizer);
  optimizer.dispose();
  return follows;
}

/** A line that imports names from the package, sorted. */
export function importLine(names: readonly string[]): string {
  return `import {${[...new Set(names)].sort().join(', ')}} from 'tfjs-optim';`;
}
