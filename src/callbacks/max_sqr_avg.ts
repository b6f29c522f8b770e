import {newCallback} from '../rule/callback';
import {zeros} from '../rule/starts';

/**
 * AMSGrad's second moment: `sqrAvgMax ← max(sqrAvgMax, sqrAvg)`, per element, of the average before it is debiased, as
 * in PyTorch. `sqrAvgMax` has the parameter's shape and starts at zeros. NaN in `sqrAvg` makes it NaN. Source: Reddi et
 * al., On the Convergence of Adam and Beyond, 2018.
 */
export const maxSqrAvg = /* @__PURE__ */ newCallback(
  'maxSqrAvg',
  {needs: {sqrAvg: zeros}, state: {sqrAvgMax: zeros}},
  ({sqrAvg, sqrAvgMax}) => ({sqrAvgMax: sqrAvg.where(sqrAvg.lessEqual(sqrAvgMax).logicalNot(), sqrAvgMax)}),
);
