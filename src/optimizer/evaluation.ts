import * as tf from '@tensorflow/tfjs-core';

import type {Group, Parameter} from '../params/parameter';
import type {ContextValues} from '../rule/arithmetic';
import {alone} from '../rule/call_alone';
import {type Chain, chainIn, commonIn} from '../rule/chain';
import type {GroupStep} from '../rule/declaration';
import {entriesReturned, WANTED} from '../rule/returned';
import {contextOf} from '../rule/run_chain';
import {SharedRun} from '../rule/shared_run';
import type {Value} from '../rule/value';
import {own} from '../util/own';
import {assign, putBack} from '../util/own_writes';
import {shown} from '../util/shown';
import {isLive, isTensor} from '../util/tensors';

/** What is evaluated: the parameters of an optimizer, with all that its callbacks hold. */
interface Evaluated {
  readonly chain: Chain;
  readonly common: Readonly<Record<string, number>>;
  readonly set: {readonly parameters: readonly Parameter[]; decays(parameter: Parameter): boolean};
  numbersOf(group: Group): GroupStep;
  sharedScalars(): (entry: string) => tf.Tensor;
}

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
  show(of: Evaluated): void {
    if (this.#showing) return;
    tf.tidy(() => {
      const values = {...alone, shared: new SharedRun<Value>(of.sharedScalars())};
      const swaps = of.set.parameters.flatMap(parameter => {
        const {variable} = parameter;
        const shown = evaluated(of, parameter, values);
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
      if (isLive(variable)) putBack(variable, trained);
      this.#trained.delete(variable);
      trained.dispose();
    }
    this.#showing = false;
  }
}

function evaluated(of: Evaluated, parameter: Parameter, values: ContextValues<Value>): tf.Tensor {
  const {set} = of;
  const {variable, entries, group} = parameter;
  const chain = chainIn(of.chain, group.index);
  const known = {...entries, ...commonIn(of.chain, group.index, of.common)};
  let seen: tf.Tensor = variable;
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
      p: seen,
      update: undefined,
      grad: undefined,
      trains: true,
      doWd: set.decays(parameter),
      hypers: group.hypers,
      groups: [of.numbersOf(group)],
      entries: known,
      stopped: false,
    };
    const result = entriesReturned(
      `${name}: evaluate`,
      declaration.evaluate(contextOf(cb, draft, values)),
      WANTED.evaluate,
    );
    const p: unknown = 'p' in result ? result.p : undefined;
    if (!isTensor(p) || p.isDisposed || p.dtype !== 'float32' || !tf.util.arraysEqual(p.shape, variable.shape)) {
      const got = isTensor(p) ? `${p.isDisposed ? 'a disposed tensor' : p.dtype} of shape [${p.shape}]` : shown(p);
      throw new Error(
        `${name}: evaluate must return p, a float32 tensor of the parameter's shape [${variable.shape}]; ` +
          `for '${variable.name}' it returned ${got}.`,
      );
    }
    seen = p;
  }
  return seen;
}
