import {newCallback} from './callback';
import {houseCallbacks} from './callbacks';
import {checkDeclaration} from './declaration_check';

/**
 * Makes one piece of an optimizer and registers it under its name, so that optimizers that use it can be loaded.
 *
 * `fn` is pure maths on one parameter. It gets one object with `p`, `grad`, `doWd` and whatever is declared below, and returns any of
 * `p`, `grad`, `stop` and its state entries. The same function runs eagerly and is traced for fusing.
 *
 * @param name matches `/^[a-z][A-Za-z0-9]*$/`. A name used twice replaces the callback, except the package's own.
 * @param declaration
 *   - `hypers`: numbers that the optimizer holds for each group: a default, or `required`.
 *   - `state`: what is kept for each parameter: a number (on the host) or a start (`zeros`, `copy`, `scalar`, `startAt(f)`). Callbacks may
 *     share an entry that has the same start.
 *   - `reads`: entries of a callback before it, `undefined` where that callback is absent.
 *   - `needs`: entries that a callback before it has to provide.
 *   - `options`: numbers or booleans, bound by `cb.with({...})`.
 *   - `total`: what to sum over all parameters at this point of the chain; `fn` then gets the sums in `total`.
 *   - `everyParameter`: runs for frozen parameters and missing gradients too (`grad` is then `undefined`); its numbers are common to all.
 *   - `evaluate`: `{p}` to show while `opt.eval()` is in force.
 * @param fn the maths.
 * @throws where a name is malformed, reserved, or declared as two things.
 */
export const callback: typeof newCallback = (name, declaration, fn) => {
  checkDeclaration(name, declaration, fn);
  if (houseCallbacks.some(own => own.name === name)) throw new Error(`'${name}' is the name of a callback of tfjs-optim; give yours another name.`);
  return newCallback(name, declaration, fn);
};
