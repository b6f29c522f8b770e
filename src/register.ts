import {serialization} from '@tensorflow/tfjs-core';
import './callbacks';
import {optimizerClasses} from './optimizers';
import {WrapperPlaceholder} from './wrapper_placeholder';

// Loading a model finds its optimizer by class name, so importing the package has to register all of them.
for (const cls of [...optimizerClasses, WrapperPlaceholder]) serialization.registerClass(cls);
