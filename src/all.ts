/**
 * Registers every callback and every optimizer of the package, so that each saved model can be loaded. Bundles for
 * pages leave out the rules that they don't use. A page that loads models of any kind imports this. In Node and as a
 * script, it is always there.
 * @module all
 */
import {houseCallbacks} from './callbacks';
import {ema} from './optimizer/ema';
import {lookahead} from './optimizer/lookahead';
import {register} from './rule/registry';
import {installSchedules} from './schedule/install_schedules';
import {muon} from './table/muon';

// Making a callback registers it, too. But bundlers leave out what nothing uses.
for (const callback of houseCallbacks) register(callback.name, () => callback);
muon.register();
lookahead.register();
ema.register();
installSchedules();
