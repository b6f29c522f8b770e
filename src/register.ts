import './callbacks';

import {serialization} from '@tensorflow/tfjs-core';

import {optimizerClasses} from './optimizer/optimizers';
import {UnregisteredWrapper} from './optimizer/unregistered_wrapper';

// Loading a model finds its optimizer by class name, so importing the package has to register all of them.
for (const cls of [...optimizerClasses, UnregisteredWrapper]) serialization.registerClass(cls);
