import {serialization} from '@tensorflow/tfjs-core';
import {houseCallbacks} from './callbacks';
import {optimizerClasses} from './optimizers';
import {protect} from './registry';
import {WrapperPlaceholder} from './wrapper_placeholder';

// Loading a model finds its optimizer by class name, so importing the package has to register all of them.
protect(houseCallbacks);
for (const cls of [...optimizerClasses, WrapperPlaceholder]) serialization.registerClass(cls);
