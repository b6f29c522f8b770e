import * as tf from '@tensorflow/tfjs-core';

import type {Optimizer} from '../../optimizer/optimizer';
import type {Flags} from '../../params/parameter';
import type {Scalar} from '../../rule/declaration';
import {scalar as scalarStart} from '../../rule/starts';
import {installSchedules} from '../../schedule/install_schedules';
import {readSchedule} from '../../schedule/saved_schedule';
import {type StateDict, tensorsIn} from '../../state/state_dict';
import {isDict} from '../../util/config_reader';
import {own} from '../../util/own';
import {type HostTensor, scalar, toDevice} from '../transfer/host_tensor';
import {jsonIn, malformedEntry} from '../transfer/metadata';

/** The new state of one parameter. */
export interface NewState {
  readonly tensors: ReadonlyMap<string, HostTensor>;
  /** Host numbers, and scalars on the device. */
  readonly numbers: Readonly<Record<string, number>>;
  /** Flags that differ from what they are. */
  readonly flags: Flags;
}

/** Everything that a file says about an optimizer. */
export interface NewTraining {
  /** By the index of the parameter in the state dict. Parameters that are absent stay as they are. */
  readonly state: ReadonlyMap<number, NewState>;
  /** The hypers of each group. */
  readonly hypers: ReadonlyArray<Readonly<Record<string, Scalar>>>;
  readonly metadata: Readonly<Record<string, string>>;
  /** Other numbers of the optimizer, in place of its own. */
  readonly others?: (before: StateDict) => Partial<Pick<StateDict, 'common' | 'frozen' | 'frozenIdx'>>;
}

/**
 * A function that gives an optimizer what was read.
 * @throws for a malformed schedule or number of steps.
 */
export function setState(optimizer: Optimizer, {state, hypers, metadata, others}: NewTraining): () => void {
  const schedule = scheduleIn(metadata, hypers.length);
  const steps = [...state.values()].flatMap(({numbers}) => (numbers['step'] === undefined ? [] : [numbers['step']]));
  const counted = iterationsIn(metadata);
  return () => {
    const before = optimizer.stateDict();
    const made: tf.Tensor[] = [];
    const tensorOf = (host: HostTensor) => {
      const tensor = toDevice(host);
      made.push(tensor);
      return tensor;
    };
    try {
      optimizer.loadStateDict({
        ...before,
        state: before.state.map((old, index) => {
          const found = state.get(index);
          if (found === undefined) return old;
          const entries: Record<string, tf.Tensor | Scalar> = flagsIn(old);
          for (const [entry, host] of found.tensors) entries[entry] = tensorOf(host);
          for (const [entry, value] of Object.entries(found.numbers))
            entries[entry] = isOnDevice(optimizer, entry) ? tensorOf(scalar(value)) : value;
          return {...entries, ...found.flags};
        }),
        hypers,
        schedule,
        iterations: steps.length > 0 ? Math.max(...steps) : (counted ?? before.iterations),
        ...others?.(before),
      });
    } finally {
      tf.dispose([...tensorsIn(before), ...made]);
    }
  };
}

function flagsIn({doWd, forceTrain}: StateDict['state'][number]): Record<string, boolean> {
  return {
    ...(typeof doWd === 'boolean' && {doWd}),
    ...(typeof forceTrain === 'boolean' && {forceTrain}),
  };
}

/** Whether an entry is a scalar on the device. */
function isOnDevice({callbacks}: Optimizer, entry: string): boolean {
  return callbacks.some(({declaration: {state}}) => own(state, entry) === scalarStart);
}

function scheduleIn(metadata: Readonly<Record<string, string>>, rows: number): StateDict['schedule'] {
  const saved = jsonIn(metadata, 'schedule');
  if (saved === undefined) return undefined;
  if (!isDict(saved)) throw malformedEntry('schedule');
  installSchedules();
  return readSchedule(saved, rows);
}

function iterationsIn(metadata: Readonly<Record<string, string>>): number | undefined {
  const value = jsonIn(metadata, 'iterations');
  if (value === undefined) return undefined;
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) throw malformedEntry('iterations');
  return value;
}
