import type {Flags} from '../../params/parameter';
import {isTrainable} from '../../params/trainable';
import {weightKind} from '../../params/weight_kind';
import type {StateDict} from '../../state/state_dict';
import type {FileGroup} from '../training/file_groups';
import type {Holding} from '../training/held';

type Frozen = StateDict['frozen'][number];

/** How a file freezes the groups of an optimizer. */
export interface FrozenThere {
  /** By the index of the group. Groups of which the file has no parameter are absent. */
  readonly groups: ReadonlyMap<number, Frozen>;
  /** The flags of parameters that train in a group where others do not, by the index of the parameter. */
  readonly flags: ReadonlyMap<number, Flags>;
  /** The first group that is not frozen. Undefined where the file has no parameter of the optimizer. */
  readonly frozenIdx: number | undefined;
}

/**
 * PyTorch freezes parameters, and we freeze groups. A group of which some parameters are frozen is frozen here, and the
 * others are forced to train. Variables whose layers are not trainable say nothing about their group.
 */
export function frozenThere(
  groupOf: ReadonlyMap<string, FileGroup>,
  {held, hypers, parts}: Pick<Holding, 'held' | 'hypers' | 'parts'>,
): FrozenThere {
  const groups = new Map<number, Frozen>();
  const flags = new Map<number, Flags>();
  for (const row of hypers.keys()) {
    const known = held
      .filter(one => one.row === row && isTrainable(one.counterpart.variable))
      .flatMap(one => {
        const group = groupOf.get(one.counterpart.name);
        return group === undefined ? [] : [{...one, frozen: group.frozen}];
      });
    if (known.length === 0) continue;
    const frozen = known.filter(one => one.frozen);
    // Normalization is forced to train by default, so a group in which it is frozen too is frozen wholly.
    const isWhole =
      frozen.length === known.length &&
      known.some(({counterpart: {variable}}) => weightKind(variable) === 'normalization');
    groups.set(row, frozen.length === 0 ? 'no' : isWhole ? 'wholly' : 'unless forced');
    if (frozen.length > 0 && !isWhole) for (const one of known) flags.set(one.index, {forceTrain: !one.frozen});
  }
  const [first = hypers.length] = [...groups].find(([, frozen]) => frozen === 'no') ?? [];
  return {groups, flags, frozenIdx: groups.size === 0 ? undefined : Math.floor(first / parts.length)};
}
