import './callbacks';

import {serialization} from '@tensorflow/tfjs-core';

import {Optimizer} from './optimizer/optimizer';
import {
  UnregisteredEma,
  UnregisteredLookahead,
  UnregisteredPartition,
  UnregisteredWrapper,
} from './optimizer/unregistered';
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
  UnregisteredWrapper,
  UnregisteredPartition,
] as const;

// A model that is loaded finds its optimizer by class name, so importing the package must register every class.
for (const cls of CLASSES) serialization.registerClass(cls);

// Their factories register the classes themselves where a bundle has them, which can be before this.
const {classNameMap} = serialization.SerializationMap.getMap();
for (const cls of [UnregisteredLookahead, UnregisteredEma])
  if (!Object.hasOwn(classNameMap, cls.className)) serialization.registerClass(cls);
