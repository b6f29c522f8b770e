import * as tf from '@tensorflow/tfjs-core';

import type {Parameter} from '../params/parameter';
import {alone} from '../rule/call_alone';
import type {Chain} from '../rule/chain';
import {entriesReturned, WANTED} from '../rule/returned';
import {contextOf} from '../rule/run_chain';
import {own} from '../util/own';
import {assign, putBack} from '../util/own_writes';
import {isTensor} from '../util/tensors';

/** Shows the parameters that callbacks `evaluate` to, such as weight averages, and puts the trained ones back. */
export class Evaluation {
  readonly #trained = new Map<tf.Variable, tf.Tensor>();
  #showing = false;

  get active(): boolean {
    return this.#showing;
  }

  /** @throws where the trained parameters are not those that are there. */
  checkTrained(): void {
    if (!this.#showing) return;
    throw new Error(
      'Between eval() and train() the trained weights are not in the variables, and would be lost: ' +
        'call train() before saving the optimizer. model.save(place), without it, saves what is shown.',
    );
  }

  /**
   * Swaps in what the callbacks evaluate to; parameters whose state has not started stay as they are. Where one
   * throws, nothing is shown.
   */
  show(
    chain: Chain,
    parameters: readonly Parameter[],
    common: Readonly<Record<string, number>>,
    decays: (parameter: Parameter) => boolean,
  ): void {
    if (this.#showing) return;
    tf.tidy(() => {
      const swaps = parameters.flatMap(parameter => {
        const {variable} = parameter;
        const shown = evaluated(chain, parameter, common, decays(parameter));
        return shown === variable ? [] : [{variable, shown, trained: variable.clone()}];
      });
      for (const {variable, shown, trained} of swaps) {
        this.#trained.set(variable, tf.keep(trained));
        assign(variable, shown);
      }
    });
    this.#showing = true;
  }

  /** Puts the trained parameters back. */
  restore(): void {
    for (const [variable, trained] of this.#trained) {
      if (!variable.isDisposed) putBack(variable, trained);
      this.#trained.delete(variable);
      trained.dispose();
    }
    this.#showing = false;
  }
}

function evaluated(
  chain: Chain,
  {variable, entries, group: {hypers}}: Parameter,
  common: Readonly<Record<string, number>>,
  doWd: boolean,
): tf.Tensor {
  const known = {...entries, ...common};
  let shown: tf.Tensor = variable;
  for (const cb of chain.callbacks) {
    const {name, declaration} = cb;
    if (
      declaration.evaluate === undefined ||
      Object.keys(declaration.state).some(entry => own(known, entry) === undefined)
    )
      continue;
    const draft = {
      of: undefined,
      before: variable,
      p: shown,
      update: undefined,
      grad: undefined,
      trains: true,
      doWd,
      hypers,
      entries: known,
      stopped: false,
    };
    const result = entriesReturned(
      `${name}: evaluate`,
      declaration.evaluate(contextOf(cb, draft, alone)),
      WANTED.evaluate,
    );
    const p: unknown = 'p' in result ? result.p : undefined;
    if (!isTensor(p) || p.isDisposed || p.dtype !== 'float32' || !tf.util.arraysEqual(p.shape, variable.shape)) {
      const got = isTensor(p) ? `${p.isDisposed ? 'a disposed tensor' : p.dtype} of shape [${p.shape}]` : String(p);
      throw new Error(
        `${name}: evaluate must give p, a float32 tensor of the parameter's shape [${variable.shape}]; ` +
          `for '${variable.name}' it gave ${got}.`,
      );
    }
    shown = p;
  }
  return shown;
}
