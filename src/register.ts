import './callbacks';

import {serialization} from '@tensorflow/tfjs-core';

import {optimizerClasses} from './optimizer/optimizers';
import {UnregisteredWrapper} from './optimizer/unregistered_wrapper';

// A model that is loaded finds its optimizer by class name, so importing the package must register every class.
for (const cls of [...optimizerClasses, UnregisteredWrapper]) serialization.registerClass(cls);
