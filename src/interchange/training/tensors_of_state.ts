import {util} from '@tensorflow/tfjs-core';

import type {HostTensor} from '../host_tensor';
import type {Chained} from './chain_parts';
import type {Held} from './held';

/** What a rule of the other side has as state. */
interface StateRule {
  readonly state: ReadonlyArray<{readonly theirs: string; readonly ours: string}>;
  readonly count?: 'step' | 'iterations';
  readonly started?: string;
}

/** The state of one parameter, by our entries. */
export interface FoundState {
  readonly tensors: ReadonlyMap<string, HostTensor>;
  readonly numbers: Readonly<Record<string, number>>;
}

const PREFIX = 'state.';
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
  tensor({counterpart: {name, layout, variable}}: Held, entry: string): HostTensor | undefined {
    const key = `${PREFIX}${name}.${entry}`;
    const tensor = this.#tensors.get(key);
    if (tensor === undefined) return undefined;
    this.#used.add(key);
    const wanted = [...layout.shapeThere(variable.shape)];
    if (tensor.dtype !== 'float32' || !util.arraysEqual(wanted, [...tensor.shape]))
      throw new Error(
        `'${key}' is ${tensor.dtype} of shape [${tensor.shape}] in the file; '${variable.name}' needs float32 of ` +
          `shape [${wanted}].`,
      );
    return layout.here(tensor);
  }

  /** A whole number of an entry. Undefined where the file lacks it. @throws for anything else. */
  count({counterpart: {name}}: Held, entry = 'step'): number | undefined {
    const key = `${PREFIX}${name}.${entry}`;
    const tensor = this.#tensors.get(key);
    if (tensor === undefined) return undefined;
    this.#used.add(key);
    const [value] = tensor.data;
    if (tensor.data.length !== 1 || value === undefined || !Number.isSafeInteger(value) || value < 0)
      throw new Error(
        `'${key}' must be one whole number from 0; the file has ${tensor.dtype} of shape [${tensor.shape}]` +
          `${tensor.data.length === 1 ? ` with ${value}` : ''}.`,
      );
    return value;
  }

  /**
   * The state of a parameter. Empty where it has made no step.
   * @param chained the callbacks that are to have it.
   */
  of(held: Held, {state, count, started}: StateRule, {callbacks}: Chained): FoundState {
    const {name} = held.counterpart;
    const declared = new Set(callbacks.flatMap(cb => Object.keys(cb.declaration.state)));
    const step = this.count(held);
    const found = state.flatMap(({theirs, ours}) => {
      const tensor = this.tensor(held, theirs);
      return tensor === undefined ? [] : [[ours, tensor] as const];
    });
    if (found.length === 0 || (count === 'step' && step === 0)) return NOTHING;
    const missing = [
      ...state.filter(({theirs}) => !this.#tensors.has(`${PREFIX}${name}.${theirs}`)).map(({theirs}) => theirs),
      ...(count === 'step' && step === undefined ? ['step'] : []),
    ];
    if (missing.length > 0) {
      this.#problem(`The file lacks the state ${missing.join(', ')} of '${name}', but has other state of it.`);
      return NOTHING;
    }
    return {
      tensors: new Map(found.filter(([ours]) => declared.has(ours))),
      numbers: {
        ...(count === 'step' && step !== undefined && declared.has('step') && {step}),
        ...(started !== undefined && declared.has(started) && {[started]: 1}),
      },
    };
  }

  /** Calls `problem` where the file has state that was not asked for. */
  checkAllUsed(): void {
    const left = [...this.#tensors.keys()].filter(key => key.startsWith(PREFIX) && !this.#used.has(key));
    if (left.length === 0) return;
    const names = left.slice(0, 3).map(key => `'${key}'`);
    this.#problem(
      `The file has ${names.join(', ')}${left.length > 3 ? ` and ${left.length - 3} others` : ''}, which this ` +
        'optimizer does not have.',
    );
  }
}
