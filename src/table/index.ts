import {adam, adamW, lamb, larc, qhAdam, rAdam, ranger, rmsProp, sgd} from './fastai';
import {lion} from './lion';
import {muon} from './muon';

/**
 * The optimizers of the package. Tests, benchmarks, the demo and documentation go through this table. `make` makes one
 * with its defaults, except for what it is given.
 */
export const optimizers = [
  {name: 'sgd', make: sgd},
  {name: 'rmsProp', make: rmsProp},
  {name: 'adam', make: adam},
  {name: 'adamW', make: adamW},
  {name: 'rAdam', make: rAdam},
  {name: 'qhAdam', make: qhAdam},
  {name: 'larc', make: larc},
  {name: 'lamb', make: lamb},
  {name: 'ranger', make: ranger},
  {name: 'lion', make: lion},
  {name: 'muon', make: muon},
] as const;
