import * as tf from '@tensorflow/tfjs-core';
import type {LayersModel} from '@tensorflow/tfjs-layers';

import {innerLayers} from '../params/variables_of';
import {at} from '../util/at';
import {assign} from '../util/own_writes';
import {isVariable} from '../util/tensors';
import {leafLayers} from './layer_groups';
import {replaceMethod} from './training_run';

/** A batch normalization layer while its averages are recomputed. */
interface Norm {
  readonly layer: object;
  readonly momentum: number;
  readonly moving: readonly tf.Variable[];
  readonly before: readonly tf.Tensor[];
  readonly undo: () => void;
  /** How many batches it has seen. */
  seen: number;
}

/** Computes the averages of a model's batch normalization layers anew, batch by batch. */
export class NormAverages {
  readonly #model: LayersModel;
  readonly #norms: Norm[];
  #isCounting = true;

  constructor(model: LayersModel) {
    this.#model = model;
    this.#norms = leafLayers(model)
      .flatMap(leaf => [...innerLayers(leaf)])
      .flatMap(layer => {
        const momentum: unknown = Reflect.get(layer, 'momentum');
        const moving = ['movingMean', 'movingVariance'].map(name => variableIn(layer, name)).filter(isVariable);
        if (typeof momentum !== 'number' || moving.length !== 2) return [];
        const mean = at(moving, 0);
        const norm: Norm = {
          layer,
          momentum,
          moving,
          before: moving.map(variable => tf.keep(variable.clone())),
          seen: 0,
          // A layer that several others share is called more than once per batch.
          undo: replaceMethod(layer, 'call', call => (...args) => {
            const {dataId} = mean;
            // So that the moving average is the mean of all batches.
            Reflect.set(layer, 'momentum', 1 - 1 / (norm.seen + 1));
            const result = call(...args);
            if (mean.dataId !== dataId) norm.seen++;
            return result;
          }),
        };
        return [norm];
      });
    for (const {moving} of this.#norms) for (const variable of moving) write(variable, tf.zerosLike);
  }

  /** Runs the model on one batch. @param inputs one tensor per input. */
  add(inputs: readonly tf.Tensor[]): void {
    if (this.#norms.length === 0) return;
    tf.tidy(() => {
      this.#model.call([...inputs], {training: true});
    });
  }

  /** Ends counting. Layers that have seen no batch get their averages back. */
  finish(): void {
    if (!this.#isCounting) return;
    this.#isCounting = false;
    for (const norm of this.#norms) {
      const {layer, momentum, undo} = norm;
      undo();
      Reflect.set(layer, 'momentum', momentum);
      if (norm.seen === 0) giveBack(norm);
    }
  }

  /** Puts the averages back that were there at first. */
  putBack(): void {
    this.finish();
    for (const norm of this.#norms) giveBack(norm);
  }

  dispose(): void {
    for (const {before} of this.#norms) tf.dispose([...before]);
  }
}

function giveBack({moving, before}: Norm): void {
  for (const [i, variable] of moving.entries()) write(variable, () => at(before, i));
}

function write(variable: tf.Variable, value: (variable: tf.Variable) => tf.Tensor): void {
  tf.tidy(() => {
    assign(variable, value(variable));
  });
}

function variableIn(layer: object, name: string): unknown {
  const variable: unknown = Reflect.get(layer, name);
  if (typeof variable !== 'object' || variable === null || !('read' in variable)) return undefined;
  return typeof variable.read === 'function' ? Reflect.apply(variable.read, variable, []) : undefined;
}
