import type {Group} from '../params/parameter';
import {own} from '../util/own';
import type {TrainingState} from './training_state';

/** An optimizer in one line: class, hypers (a list where the groups differ), parameters by group, steps. */
export function description(
  className: string,
  groups: readonly Group[],
  lists: ReadonlyArray<readonly unknown[]>,
  steps: number,
): string {
  const names = new Set(groups.flatMap(group => Object.keys(group.hypers)));
  const hypers = [...names].map(name => {
    const values = groups.flatMap(group => own(group.hypers, name) ?? []);
    return `${name} ${new Set(values).size > 1 ? `[${values.join(', ')}]` : String(values[0])}`;
  });
  const sizes = lists.map(({length}) => length).join(', ');
  return `${className.replace('TfjsOptim', '')}: ${hypers.join(', ')}; parameters by group: ${sizes}; steps: ${steps}`;
}

/** The rule of the table that all of it follows; undefined where it has callbacks of several, or a general chain. */
export function ruleOf({chain, rules}: TrainingState): string | undefined {
  return chain.division === undefined ? rules[0] : undefined;
}
