import {checkScheduleState} from './check_state';
import {registerScheduleEngine} from './engine';
import {Moving} from './moving';
import {readSchedule, writeSchedule} from './saved_schedule';

/** Lets optimizers follow schedules. Whatever makes schedules calls it, so that bundles without any leave it out. */
export function installSchedules(): void {
  registerScheduleEngine({
    moving: (groups, ranges) => new Moving(groups, ranges),
    read: (saved, hypers, chain) => {
      const state = readSchedule(saved, hypers.length);
      checkScheduleState(state, hypers, chain);
      return state;
    },
    check: checkScheduleState,
    write: writeSchedule,
  });
}
