import {checkTensor} from '../transfer/check_tensor';
import type {HostTensor} from '../transfer/host_tensor';
import {listed} from '../transfer/listed';
import {STATE} from '../transfer/metadata';
import {type Chained, entriesOf} from './chain_parts';
import type {Held} from './held';

/** What a rule of the other side has as state. */
export interface StateRule {
  /** The tensors of the parameter's shape: the entries of the other side, with ours. */
  readonly state: Readonly<Record<string, string>>;
  /**
   * Where its `step` comes from: our count of the parameter's steps, or the optimizer's steps where we do not count.
   * Absent: it has no `step`.
   */
  readonly count?: 'step' | 'iterations';
  /** An entry of ours, a scalar that is 1 from the first step on, and that it does not have. */
  readonly started?: string;
}

/** The state of one parameter, by our entries. */
export interface FoundState {
  readonly tensors: ReadonlyMap<string, HostTensor>;
  readonly numbers: Readonly<Record<string, number>>;
}

const NOTHING: FoundState = {tensors: new Map(), numbers: {}};

/** The tensors `state.<parameter>.<entry>` of a file. */
export class TensorsOfState {
  readonly #tensors: ReadonlyMap<string, HostTensor>;
  readonly #used = new Set<string>();
  readonly #problem: (text: string) => void;

  /** @param problem is called where something does not fit. It may throw. */
  constructor(file: {readonly tensors: ReadonlyMap<string, HostTensor>}, problem: (text: string) => void) {
    this.#tensors = file.tensors;
    this.#problem = problem;
  }

  /** The tensor of an entry, in our layout. Undefined where the file lacks it. @throws for another shape. */
  tensor(held: Held, entry: string): HostTensor | undefined {
    const {layout, variable} = held.counterpart;
    const [key, tensor] = this.#entry(held, entry);
    if (tensor === undefined) return undefined;
    checkTensor(key, tensor, 'float32', layout.shapeThere(variable.shape), `'${variable.name}'`);
    return layout.here(tensor);
  }

  /** How many steps a parameter has made. Undefined where the file does not say. @throws for anything else. */
  #step(held: Held): number | undefined {
    const [key, tensor] = this.#entry(held, 'step');
    if (tensor === undefined) return undefined;
    const {dtype, shape, data} = tensor;
    const [value] = data;
    if (data.length !== 1 || value === undefined || !Number.isSafeInteger(value) || value < 0)
      throw new Error(
        `'${key}' must be one whole number from 0; the file has ${dtype} of shape [${shape}]` +
          `${data.length === 1 ? ` with ${value}` : ''}.`,
      );
    return value;
  }

  #entry({counterpart: {name}}: Held, entry: string): readonly [key: string, tensor: HostTensor | undefined] {
    const key = `${STATE}${name}.${entry}`;
    this.#used.add(key);
    return [key, this.#tensors.get(key)];
  }

  /**
   * The state of a parameter. Empty where it has made no step.
   * @param chained the callbacks that are to have it.
   */
  of(held: Held, {state, count, started}: StateRule, {callbacks}: Chained): FoundState {
    const declared = entriesOf(callbacks);
    const step = this.#step(held);
    const found = Object.entries(state).map(([theirs, ours]) => [theirs, ours, this.tensor(held, theirs)] as const);
    const there = found.flatMap(([, ours, tensor]) => (tensor === undefined ? [] : [[ours, tensor] as const]));
    if (there.length === 0 || (count === 'step' && step === 0)) return NOTHING;
    const missing = found.flatMap(([theirs, , tensor]) => (tensor === undefined ? [theirs] : []));
    if (count === 'step' && step === undefined) missing.push('step');
    if (missing.length > 0) {
      const {name} = held.counterpart;
      this.#problem(`The file lacks the state ${missing.join(', ')} of '${name}', but has other state of it.`);
      return NOTHING;
    }
    return {
      tensors: new Map(there.filter(([ours]) => declared.has(ours))),
      numbers: {
        ...(count === 'step' && step !== undefined && declared.has('step') && {step}),
        ...(started !== undefined && declared.has(started) && {[started]: 1}),
      },
    };
  }

  /** Calls `problem` where the file has state that was not asked for. */
  checkAllUsed(): void {
    const left = [...this.#tensors.keys()].filter(key => key.startsWith(STATE) && !this.#used.has(key));
    if (left.length > 0) this.#problem(`The file has ${listed(left)}, which this optimizer does not have.`);
  }
}
