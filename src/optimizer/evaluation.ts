import * as tf from '@tensorflow/tfjs-core';

import type {Parameter} from '../params/parameter';
import {alone} from '../rule/call_alone';
import {type Chain, chainIn, commonIn} from '../rule/chain';
import {entriesReturned, WANTED} from '../rule/returned';
import {contextOf} from '../rule/run_chain';
import {own} from '../util/own';
import {assign, putBack} from '../util/own_writes';
import {isTensor} from '../util/tensors';

/**
 * Writes to the variables what callbacks `evaluate` to, such as weight averages, and restores the trained weights
 * afterwards.
 */
export class Evaluation {
  readonly #trained = new Map<tf.Variable, tf.Tensor>();
  #showing = false;

  get active(): boolean {
    return this.#showing;
  }

  /** @throws while the variables do not hold the trained weights. */
  checkTrained(): void {
    if (!this.#showing) return;
    throw new Error(
      'Between eval() and train() the variables do not hold the trained weights, so they would be lost. ' +
        'Call train() before saving the optimizer. model.save(url) without the optimizer saves the shown weights.',
    );
  }

  /**
   * Swaps in what the callbacks evaluate to. Parameters whose state has not started keep their values.
   * @throws where a callback throws or returns something else than such a tensor; then nothing is shown.
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
        const {variable, group} = parameter;
        const mine = chainIn(chain, group.index);
        const shown = evaluated(mine, parameter, commonIn(chain, group.index, common), decays(parameter));
        return shown === variable ? [] : [{variable, shown, trained: variable.clone()}];
      });
      for (const {variable, shown, trained} of swaps) {
        this.#trained.set(variable, tf.keep(trained));
        assign(variable, shown);
      }
    });
    this.#showing = true;
  }

  /** Restores the trained weights. */
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
        `${name}: evaluate must return p, a float32 tensor of the parameter's shape [${variable.shape}]; ` +
          `for '${variable.name}' it returned ${got}.`,
      );
    }
    shown = p;
  }
  return shown;
}
