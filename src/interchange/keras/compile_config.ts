import type {ModelCompileArgs} from '@tensorflow/tfjs-layers';

import {isDict} from '../../util/config_reader';
import {own} from '../../util/own';
import {shown} from '../../util/shown';
import {camel, type Dict, items, snake, without} from './value_config';

/** A loss as `model.compile` takes it. */
export type Loss = ModelCompileArgs['loss'];

/** Keras's names of losses, with those of TensorFlow.js. */
const LOSSES: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    (
      'binary_crossentropy categorical_crossentropy categorical_hinge hinge mean_absolute_error ' +
      'mean_absolute_percentage_error mean_squared_error mean_squared_logarithmic_error poisson ' +
      'sparse_categorical_crossentropy squared_hinge'
    )
      .split(' ')
      .map(name => [name, camel(name)]),
  ),
  kl_divergence: 'kullbackLeiblerDivergence',
  log_cosh: 'logcosh',
};
const SHORT: Readonly<Record<string, string>> = {
  bce: 'binary_crossentropy',
  kld: 'kl_divergence',
  mae: 'mean_absolute_error',
  mape: 'mean_absolute_percentage_error',
  mse: 'mean_squared_error',
  msle: 'mean_squared_logarithmic_error',
};
/** The configuration of a loss, where it is the one of TensorFlow.js. */
const USUAL: Readonly<Record<string, unknown>> = {
  from_logits: false,
  label_smoothing: 0,
  reduction: 'sum_over_batch_size',
  ignore_class: null,
  axis: -1,
};
const OTHER_LOSS = "Give 'loss': the name of another loss, or a function.";
const METRICS: ReadonlySet<string> = new Set(['accuracy', 'acc', 'mae', 'mse', 'mape']);

/** The loss of a compiled model of Keras. @throws where TensorFlow.js lacks it. */
export function lossHere(config: Dict): NonNullable<Loss> {
  const {loss, loss_weights: weights} = config;
  if (
    isDict(weights) || Array.isArray(weights)
      ? Object.values(weights).some(weight => weight !== 1)
      : weights !== null && weights !== undefined
  )
    throw new Error(
      'The model is compiled with loss_weights, which TensorFlow.js lacks. ' +
        "Give 'loss': functions that weigh by themselves.",
    );
  if (Array.isArray(loss)) return loss.map(oneHere);
  if (isDict(loss) && !('class_name' in loss))
    return Object.fromEntries(Object.entries(loss).map(([output, one]) => [output, oneHere(one)]));
  return oneHere(loss);
}

function oneHere(loss: unknown): string {
  if (loss === null || loss === undefined)
    throw new Error(`The model is compiled without a loss, or without one for an output. ${OTHER_LOSS}`);
  const name = typeof loss === 'string' ? (own(SHORT, loss) ?? loss) : nameOf(loss);
  return own(LOSSES, name) ?? lacks(shown(name));
}

/** Keras's name for a loss that the file has as a class. */
function nameOf(loss: unknown): string {
  if (!isDict(loss) || typeof loss['class_name'] !== 'string' || !isDict(loss['config'])) return lacks(shown(loss));
  const {class_name: kind, config} = loss;
  for (const [key, value] of Object.entries(without(config, 'name', 'dtype', 'fn')))
    if (Object.hasOwn(USUAL, key) ? USUAL[key] !== value : value !== null)
      lacks(`${kind} with ${key}=${shown(value)}`);
  return snake(kind).replace(/^_/, '').replace('k_l_', 'kl_');
}

function lacks(loss: string): never {
  throw new Error(`The model is compiled with the loss ${loss}, which TensorFlow.js lacks. ${OTHER_LOSS}`);
}

/** The metrics of a compiled model that TensorFlow.js has too. Others are left out. */
export function metricsHere({metrics}: Dict): string[] {
  return items(metrics).filter((metric): metric is string => typeof metric === 'string' && METRICS.has(metric));
}

/** Keras's loss of a compiled model. @throws where the loss is a function. */
export function lossThere(loss: unknown): unknown {
  if (loss === null || loss === undefined) return null;
  if (Array.isArray(loss)) return loss.length === 0 ? null : loss.map(lossThere);
  if (isDict(loss)) return Object.fromEntries(Object.entries(loss).map(([output, one]) => [output, lossThere(one)]));
  const found = Object.entries(LOSSES).find(([, ours]) => ours === loss)?.[0];
  if (found === undefined)
    throw new Error(
      `The model is compiled with the loss ${shown(loss)}, which has no name in Keras. Compile it with the name of a ` +
        'loss, or save it without the optimizer.',
    );
  return found;
}
