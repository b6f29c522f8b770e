import {optimizerOf} from '../of_model';
import {isVariable} from '../tensors';
import {FitCallback} from './fit_callback';
import {isNormalization, leafLayers} from './layer_groups';
import {override} from './training_run';

/**
 * A callback that keeps the moving averages of batch normalization layers as they are where the layer does not train (its group is frozen without
 * `trainBn`, or `layer.trainable` is false); such layers normalize by them meanwhile, as at inference.
 */
export function bnFreeze(): FitCallback {
  return new FitCallback({
    trainBegin: ({model, run}) => {
      const rows = optimizerOf(model).allParams();
      const trained = new Set(rows.filter(({trainable}) => trainable).map(({variable}) => variable));
      const known = new Set(rows.map(({variable}) => variable));
      for (const layer of leafLayers(model).filter(isNormalization)) {
        const own = layer.weights.map(weight => weight.read()).filter(isVariable);
        // What the optimizer has not met yet is not frozen in it.
        if (own.some(variable => trained.has(variable) || (variable.trainable && !known.has(variable)))) continue;
        override(run, layer, 'call', call => (inputs, kwargs) => call(inputs, {...isObject(kwargs) ? kwargs : {}, training: false}));
      }
    },
  });
}

function isObject(x: unknown): x is object {
  return typeof x === 'object' && x !== null;
}
