import * as tf from '@tensorflow/tfjs-core';
import {alone} from './call_alone';
import type {Chain} from './chain';
import {contextOf} from './lane';
import type {Place} from './parameter_set';
import {isTensor} from './tensors';

/** Shows the parameters that callbacks `evaluate` to, such as weight averages, and puts the trained ones back. */
export class Evaluation {
  readonly #trained = new Map<tf.Variable, tf.Tensor>();
  #showing = false;

  get active(): boolean {
    return this.#showing;
  }

  /** Swaps in what the callbacks evaluate to; parameters whose state has not started stay as they are. */
  show(chain: Chain, places: readonly Place[], common: Readonly<Record<string, number>>, decays: (place: Place) => boolean): void {
    if (this.#showing) return;
    this.#showing = true;
    tf.tidy(() => {
      for (const place of places) {
        const shown = evaluated(chain, place, common, decays(place));
        const {variable} = place.parameter;
        if (shown === variable) continue;
        this.#trained.set(variable, tf.keep(variable.clone()));
        variable.assign(shown);
      }
    });
  }

  /** Puts the trained parameters back. */
  restore(): void {
    for (const [variable, trained] of this.#trained) {
      if (!variable.isDisposed) variable.assign(trained);
      trained.dispose();
    }
    this.#trained.clear();
    this.#showing = false;
  }
}

function evaluated(chain: Chain, {parameter: {variable, entries}, group: {hypers}}: Place, common: Readonly<Record<string, number>>, doWd: boolean): tf.Tensor {
  const known = {...entries, ...common};
  let shown: tf.Tensor = variable;
  for (const cb of chain.callbacks) {
    const {name, declaration} = cb;
    if (declaration.evaluate === undefined || Object.keys(declaration.state).some(entry => known[entry] === undefined)) continue;
    const lane = {before: variable, p: shown, grad: undefined, trains: true, doWd, hypers, entries: known, stopped: false};
    const result = declaration.evaluate(contextOf(cb, lane, alone));
    const p: unknown = 'p' in result ? result.p : undefined;
    if (!isTensor(p) || !tf.util.arraysEqual(p.shape, variable.shape)) {
      throw new Error(`${name}: evaluate must give p, a tensor of the parameter's shape [${variable.shape}].`);
    }
    shown = p;
  }
  return shown;
}
