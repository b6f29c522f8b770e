import {at} from '../util/at';

/** The values of one or more groups, which are the same. */
export interface GroupValues {
  /** Which groups they are: `'group 0'`, or `'groups 1, 2'`. Empty where they are all groups. */
  readonly name: string;
  readonly values: readonly number[];
}

/** Joins the groups whose values are the same. @param groups the values of each group. */
export function joinedGroups(groups: ReadonlyArray<readonly number[]>): GroupValues[] {
  const members = new Map<string, number[]>();
  groups.forEach((values, i) => {
    const key = values.join();
    members.set(key, [...(members.get(key) ?? []), i]);
  });
  return [...members.values()].map(numbers => ({
    name: members.size === 1 ? '' : `${numbers.length === 1 ? 'group' : 'groups'} ${numbers.join(', ')}`,
    values: at(groups, at(numbers, 0)),
  }));
}
