import './callbacks';

import {serialization} from '@tensorflow/tfjs-core';

import {Ema} from './optimizer/ema';
import {Lookahead} from './optimizer/lookahead';
import {Optimizer} from './optimizer/optimizer';
import {UnregisteredPartition, UnregisteredWrapper} from './optimizer/unregistered';
import {Adam, Lamb, Larc, QHAdam, RAdam, RMSProp, SGD} from './table/fastai';

const CLASSES = [
  Optimizer,
  SGD,
  RMSProp,
  Adam,
  RAdam,
  QHAdam,
  Larc,
  Lamb,
  Lookahead,
  Ema,
  UnregisteredWrapper,
  UnregisteredPartition,
] as const;

// A model that is loaded finds its optimizer by class name, so importing the package must register every class.
for (const cls of CLASSES) serialization.registerClass(cls);
