import * as tf from '@tensorflow/tfjs-core';

import type {Optimizer} from '../../optimizer/optimizer';
import {writeSchedule} from '../../schedule/saved_schedule';
import {type StateDict, tensorsIn} from '../../state/state_dict';
import type {HostTensor, TensorFile} from '../transfer/host_tensor';
import {STATE} from '../transfer/metadata';
import {type FileGroup, writeGroups} from './file_groups';
import type {Held, Holding} from './held';

/** What the other side has of an optimizer. */
interface TrainingThere {
  readonly groups: readonly FileGroup[];
  /** The entries of one parameter's state. */
  readonly stateOf: (held: Held) => Promise<ReadonlyArray<readonly [entry: string, tensor: HostTensor]>>;
  /** What groups and state do not say. */
  readonly metadata?: Readonly<Record<string, string>>;
}

/**
 * The state of an optimizer, its groups, the number of its steps and its schedules, as a file has them.
 * @param there gives them from the state dict as the other side has them.
 */
export async function writtenState(
  optimizer: Optimizer,
  {held}: Holding,
  there: (dict: StateDict) => TrainingThere,
): Promise<TensorFile> {
  const dict = optimizer.stateDict();
  try {
    const {groups, stateOf, metadata} = there(dict);
    const tensors = new Map<string, HostTensor>();
    for (const one of held)
      for (const [entry, tensor] of await stateOf(one))
        tensors.set(`${STATE}${one.counterpart.name}.${entry}`, tensor);
    return {
      tensors,
      metadata: {
        ...writeGroups(groups),
        ...metadata,
        iterations: String(dict.iterations),
        ...(dict.schedule && {schedule: JSON.stringify(writeSchedule(dict.schedule))}),
      },
    };
  } finally {
    tf.dispose(tensorsIn(dict));
  }
}
