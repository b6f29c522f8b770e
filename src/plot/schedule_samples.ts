import {checkSchedules, isPolicy, type Schedule, type Schedules, spreadSchedule, valuesAt} from '../schedule/schedule';
import {at} from '../util/at';
import {checkWhole} from '../util/options';

/**
 * @param call the call as code, for a policy.
 * @throws where these are not schedules by hyper, or there are none.
 */
export function checkCharted(schedules: Schedules, call: string): void {
  checkSchedules(schedules);
  const name = call.slice(0, call.indexOf('('));
  if (isPolicy(schedules))
    throw new Error(
      `${name} takes schedules by hyper first; got a policy, which makes them for an optimizer. Write ${call}.`,
    );
}

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
