import './callbacks';

import {serialization} from '@tensorflow/tfjs-core';

import {optimizerClasses} from './optimizer/optimizers';
import {WrapperPlaceholder} from './optimizer/unregistered_wrapper';

// Loading a model finds its optimizer by class name, so importing the package has to register all of them.
for (const cls of [...optimizerClasses, WrapperPlaceholder]) serialization.registerClass(cls);
