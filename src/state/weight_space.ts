import type {Parameter} from '../params/parameter';
import type {ParameterSet} from '../params/parameter_groups';
import {type Chain, chainIn} from '../rule/chain';
import type {Callback} from '../rule/declaration';
import {own} from '../util/own';
import {watch} from '../util/own_writes';
import {quoted} from '../util/quoted';
import {isTensor} from '../util/tensors';
import {warn} from '../util/warn';

/** The names of the state entries that hold a point in weight space. */
export function weightSpaceEntries(callbacks: readonly Callback[]): string[] {
  const starts = callbacks.flatMap(({declaration: {state}}) => Object.entries(state));
  return starts.flatMap(([entry, start]) => (typeof start === 'function' && start.space === 'weight' ? [entry] : []));
}

/** Restarts state that holds points in weight space when the weights are replaced. */
export class WeightSpace {
  /** Whether the warning about replaced variables was given. */
  #told = false;

  /**
   * Restarts the entries that a chain `restarts`, where others wrote the variable since its last step. Warns once.
   * @param set the parameters, and whether one trains: a frozen one needs no warning.
   */
  restartReplaced(chain: Chain, set: Pick<ParameterSet, 'parameters' | 'trains'>): void {
    const {restarts} = chain;
    if (restarts.length === 0) return;
    const replaced = set.parameters.filter(({isReplaced}) => isReplaced?.() === true);
    for (const parameter of replaced) restart(parameter, chainIn(chain, parameter.group.index).restarts);
    const told = replaced.filter(parameter => set.trains(parameter)).map(({variable}) => variable);
    if (told.length === 0 || this.#told) return;
    this.#told = true;
    const others = told.length > 3 ? ' and others' : '';
    warn(
      `${quoted(told.slice(0, 3))}${others} changed outside of the optimizer since the last step, ` +
        `so their state ${restarts.join(', ')} starts anew. ` +
        'Call opt.rebase() after replacing weights: it restarts averages too, and gives no warning.',
    );
  }

  /** Restarts all state in weight space. */
  rebase(
    chain: Chain,
    parameters: readonly Parameter[],
    waiting: ReadonlyArray<Pick<Parameter, 'entries'> & {readonly group: number}>,
  ): void {
    const namesOf = (group: number) => weightSpaceEntries(chainIn(chain, group).callbacks);
    for (const parameter of parameters) restart(parameter, namesOf(parameter.group.index));
    for (const parameter of waiting) restart(parameter, namesOf(parameter.group));
  }

  /** Watches from now on whether others write the variable, if any entry restarts by itself. */
  watch(chain: Chain, parameter: Parameter): void {
    if (chainIn(chain, parameter.group.index).restarts.length > 0) parameter.isReplaced ??= watch(parameter.variable);
  }
}

/** Removes state entries, so that they start again from the weights as they are at the next step. */
function restart(parameter: Pick<Parameter, 'entries' | 'isReplaced'>, names: readonly string[]): void {
  const {entries} = parameter;
  for (const name of names) {
    const old = own(entries, name);
    if (isTensor(old)) old.dispose();
    Reflect.deleteProperty(entries, name);
  }
  delete parameter.isReplaced;
}
