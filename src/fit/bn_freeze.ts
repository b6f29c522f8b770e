import {optimizerOf} from '../optimizer/optimizer_of_model';
import {checkNoMore} from '../util/options';
import {isVariable} from '../util/tensors';
import {FitCallback} from './fit_callback';
import {isNormalization, leafLayers} from './layer_groups';
import {override} from './training_run';

/**
 * A callback that keeps the moving averages of batch normalization layers unchanged where the layer does not train: its
 * group is frozen without `trainBn`, or `layer.trainable` is false. Meanwhile such a layer normalizes with its moving
 * averages, as at inference. Freezing and thawing during training take effect at once.
 * @example
 * ```ts
 * model.compile({optimizer: adam(1e-3, {params: [body, head], trainBn: false}), loss: 'meanSquaredError'});
 * await model.fit(xs, ys, {epochs: 3, callbacks: bnFreeze()});
 * ```
 */
export function bnFreeze(...none: undefined[]): FitCallback {
  checkNoMore('bnFreeze', none);
  return new FitCallback({
    trainBegin: ({model, run}) => {
      const optimizer = optimizerOf(model);
      for (const layer of leafLayers(model).filter(isNormalization)) {
        const own = layer.weights.map(weight => weight.read()).filter(isVariable);
        override(run, layer, 'call', call => (inputs, kwargs) => {
          const trains = layer.trainable && !own.every(variable => optimizer.isFrozen(variable));
          return call(inputs, trains ? kwargs : {...(isObject(kwargs) ? kwargs : {}), training: false});
        });
      }
    },
  });
}

function isObject(x: unknown): x is object {
  return typeof x === 'object' && x !== null;
}
