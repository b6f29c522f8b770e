import './callbacks';

import {serialization} from '@tensorflow/tfjs-core';

import {optimizerClasses} from './optimizer/optimizers';
import {UnregisteredPartition, UnregisteredWrapper} from './optimizer/unregistered';

// A model that is loaded finds its optimizer by class name, so importing the package must register every class.
for (const cls of [...optimizerClasses, UnregisteredWrapper, UnregisteredPartition]) serialization.registerClass(cls);
