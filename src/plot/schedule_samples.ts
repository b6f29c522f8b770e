import {type Schedule, scheduleAt} from '../schedule/schedule';
import {at} from '../util/at';

/**
 * The values of a schedule for each group, from the first step to the end.
 * @param intervals how many equal parts the schedule is cut into: there is one value more.
 */
export function scheduleSamples(schedule: Schedule, groups: number, intervals: number): number[][] {
  const columns = Array.from({length: intervals + 1}, (_, i) => scheduleAt(schedule, i / intervals, groups));
  return Array.from({length: groups}, (_, group) => columns.map(column => at(column, group)));
}
