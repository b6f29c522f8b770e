import {type Schedule, spreadSchedule, valuesAt} from '../schedule/schedule';
import {at} from '../util/at';
import {checkWhole} from '../util/options';

/**
 * The values of a schedule for each group, from the first step to the end.
 * @param intervals how many equal parts the schedule is cut into: there is one value more.
 * @throws where `groups` is not a whole number from 1, or a list does not fit the groups.
 */
export function scheduleSamples(hyper: string, schedule: Schedule, groups: number, intervals: number): number[][] {
  checkWhole('groups', groups, 1);
  // A chart belongs to no optimizer: only that knows the ranges of its hypers.
  const ofGroups = spreadSchedule(hyper, schedule, groups, new Map([[hyper, []]]));
  const columns = Array.from({length: intervals + 1}, (_, i) => valuesAt(ofGroups, i / intervals));
  return Array.from({length: groups}, (_, group) => columns.map(column => at(column, group)));
}
