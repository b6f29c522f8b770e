import type {layers, LayersModel} from '@tensorflow/tfjs-layers';

import {shown} from '../util/shown';

/** Whether it is a model, or a layer that consists of layers. */
export function isContainer(layer: unknown): layer is layers.Layer & {readonly layers: readonly layers.Layer[]} {
  return typeof layer === 'object' && layer !== null && 'layers' in layer && Array.isArray(layer.layers);
}

/** @throws where it is not a model. @param what the function, for the error. */
export function checkIsModel(what: string, model: LayersModel): void {
  if (!isContainer(model)) throw new Error(`${what} needs a model of tfjs-layers; got ${shown(model)}.`);
}
