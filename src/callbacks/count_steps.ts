import {newCallback} from '../rule/callback';

/**
 * Counts the optimizer's steps in `allSteps`, from 1, as PyTorch's rules do that count by group. All parameters share
 * the number, so it also goes on where a parameter, or all of a group, has no gradient or is frozen.
 */
export const countSteps = /* @__PURE__ */ newCallback(
  'countSteps',
  {state: {allSteps: 0}, everyParameter: true},
  ({allSteps}) => ({allSteps: allSteps + 1}),
);
