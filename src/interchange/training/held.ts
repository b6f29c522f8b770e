import type * as tf from '@tensorflow/tfjs-core';

import type {Optimizer} from '../../optimizer/optimizer';
import type {Part} from '../../optimizer/part';
import type {Scalar} from '../../rule/declaration';
import {hasName} from '../../state/matching';
import {at} from '../../util/at';
import {list, text} from '../../util/config_reader';
import type {Counterpart} from '../transfer/counterpart';
import type {Chained} from './chain_parts';

/** One parameter of an optimizer, with its counterpart. */
export interface Held {
  readonly counterpart: Counterpart;
  /** Its index in the state dict. */
  readonly index: number;
  /** The index of its hypers. */
  readonly row: number;
  /** Whether weight decay acts on it. */
  readonly decays: boolean;
  /** Whether it trains now. */
  readonly trains: boolean;
}

/** What an optimizer trains, and how. */
export interface Holding {
  readonly held: readonly Held[];
  /** The hypers of each group. */
  readonly hypers: ReadonlyArray<Readonly<Record<string, Scalar>>>;
  /** The callbacks of each part of a partition; elsewhere of the optimizer. The row i belongs to part i modulo them. */
  readonly parts: readonly Chained[];
}

/**
 * What an optimizer trains. It is given the variables first that its next step would give it, so that saved state that
 * waits for them is there too.
 * @throws where a parameter of the optimizer has no counterpart, and where it has no parameters.
 */
export function holdingOf(optimizer: Optimizer, counterparts: readonly Counterpart[]): Holding {
  attachTrained(optimizer, counterparts);
  const byVariable = new Map(counterparts.map(counterpart => [counterpart.variable, counterpart]));
  const hypers = optimizer.hypers.map(values => ({...values}));
  const lists = hasParts(optimizer) ? optimizer.parts.map(part => part.callbacks) : [optimizer.callbacks];
  const rows = optimizer.allParams();
  const held = optimizer.summary().map(({group, part = 0, decay, trainable}, index): Held => {
    const {variable} = at(rows, index);
    const counterpart = byVariable.get(variable);
    if (counterpart === undefined)
      throw new Error(
        `The optimizer trains '${variable.name}', which has no counterpart; give its name in \`names\`, ` +
          'or make the optimizer with the `params` of this model.',
      );
    return {counterpart, index, row: group * lists.length + part, decays: decay, trains: trainable};
  });
  if (held.length === 0)
    throw new Error(
      'The optimizer trains none of these weights; make it with the `params` of this model, or without.',
    );
  return {
    held,
    hypers,
    parts: lists.map((callbacks, part) => ({
      callbacks,
      hypers: hypers.filter((_, row) => row % lists.length === part),
    })),
  };
}

/** The callbacks that run on a group, by the index of its hypers. */
export function chainedIn({parts}: Holding, row: number): Chained {
  return at(parts, row % parts.length);
}

/** Where the user named the parameters, only those that were saved with the optimizer are new to it. */
function attachTrained(optimizer: Optimizer, counterparts: readonly Counterpart[]): void {
  const config = optimizer.getConfig();
  const saved = list(config, 'groups').flatMap(group => list(group, 'params').map(entry => text(entry, 'name')));
  const known = new Set(optimizer.paramLists.flat());
  const fresh = counterparts
    .filter(({variable, isParameter}) => isParameter && variable.trainable && !known.has(variable))
    .map(({variable}): tf.Variable => variable)
    .filter(variable => config['explicit'] !== true || saved.some(name => hasName(variable, name)));
  if (fresh.length > 0) optimizer.attach(fresh);
}

/** Whether it is a partition, or made over one. Without its class, which bundles would then contain. */
function hasParts(optimizer: object): optimizer is {readonly parts: readonly Part[]} {
  return 'parts' in optimizer && Array.isArray(optimizer.parts);
}
