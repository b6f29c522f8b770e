import type {DividedSet} from '../params/divided_groups';
import {chainIn} from '../rule/chain';
import type {HyperValue} from '../rule/slice';
import type {Part} from './part';
import type {TrainingState} from './training_state';

/**
 * The parts of a partition.
 * @param set the parameters of `training`.
 * @param check throws where the optimizer that shows the parts no longer owns `training`.
 */
export function partViews(training: TrainingState, set: DividedSet, check: () => unknown): Part[] {
  return set.moving.parts.map((moving, part) => {
    const mine = () => {
      check();
      return set.groups.filter(({of}) => of?.part === part);
    };
    // Frozen, because a hyper that is written here, such as `lr`, would be lost.
    return Object.freeze<Part>({
      get callbacks() {
        check();
        return chainIn(training.chain, part).callbacks;
      },
      get variables() {
        return mine().flatMap(({parameters}) => parameters.map(({variable}) => variable));
      },
      get hypers() {
        const indices = mine().map(({index}) => index);
        return set.hyperViews(check).filter((_, i) => indices.includes(i));
      },
      get schedule() {
        check();
        return moving.view;
      },
      setHyper: (name: string | Readonly<Record<string, HyperValue | undefined>>, value?: HyperValue) => {
        set.setHypers(typeof name === 'object' ? name : {[name]: value}, mine());
      },
      setSchedule: (schedules, length) => {
        check();
        set.moving.startPart(part, schedules, length);
      },
      clearSchedule: (options = {}) => {
        check();
        moving.clear(options);
      },
    });
  });
}
