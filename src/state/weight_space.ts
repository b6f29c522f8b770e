import type {Parameter} from '../params/parameter';
import type {Chain} from '../rule/chain';
import type {Callback} from '../rule/declaration';
import {own} from '../util/own';
import {watch} from '../util/own_writes';
import {quoted} from '../util/quoted';
import {isTensor} from '../util/tensors';
import {warn} from '../util/warn';

/** The state entries of callbacks that hold a point in weight space. */
export function weightSpaceEntries(callbacks: readonly Callback[]): string[] {
  const starts = callbacks.flatMap(({declaration: {state}}) => Object.entries(state));
  return starts.flatMap(([entry, start]) => (typeof start === 'function' && start.space === 'weight' ? [entry] : []));
}

/** Keeps the state of an optimizer that holds points in weight space with the weights. */
export class WeightSpace {
  /** Whether it was said that variables were replaced. */
  #told = false;

  /**
   * Has state that restarts by itself start anew where others wrote the variable since its last step, and says so
   * once.
   * @param isFrozen whether a parameter does not train, so that the user need not be told.
   */
  restartReplaced(
    {restarts}: Chain,
    parameters: readonly Parameter[],
    isFrozen: (parameter: Parameter) => boolean,
  ): void {
    if (restarts.length === 0) return;
    const replaced = parameters.filter(({isReplaced}) => isReplaced?.() === true);
    for (const parameter of replaced) restart(parameter, restarts);
    const told = replaced.filter(parameter => !isFrozen(parameter)).map(({variable}) => variable);
    if (told.length === 0 || this.#told) return;
    this.#told = true;
    const others = told.length > 3 ? ' and others' : '';
    warn(
      `${quoted(told.slice(0, 3))}${others} changed outside of the optimizer since the last step: ` +
        `the state ${restarts.join(', ')} starts anew there. ` +
        'Call opt.rebase() after replacing weights: it does so without this warning, and for averages too.',
    );
  }

  /** Has all state in weight space start anew. */
  rebase(
    {callbacks}: Chain,
    parameters: readonly Parameter[],
    waiting: ReadonlyArray<Pick<Parameter, 'entries'>>,
  ): void {
    const names = weightSpaceEntries(callbacks);
    for (const parameter of [...parameters, ...waiting]) restart(parameter, names);
  }

  /** Notices from now on where others write the variable, if state depends on it. */
  watch({restarts}: Chain, parameter: Parameter): void {
    if (restarts.length > 0) parameter.isReplaced ??= watch(parameter.variable);
  }
}

/** Has state entries start anew, from the weights as they are at the next step. */
function restart(parameter: Pick<Parameter, 'entries' | 'isReplaced'>, names: readonly string[]): void {
  const {entries} = parameter;
  for (const name of names) {
    const old = own(entries, name);
    if (isTensor(old)) old.dispose();
    Reflect.deleteProperty(entries, name);
  }
  delete parameter.isReplaced;
}
