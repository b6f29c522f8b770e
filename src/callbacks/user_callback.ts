import {installExtras} from '../fuse';
import {newCallback} from '../rule/callback';
import {chainChecks} from '../rule/chain';
import {checkCommonRanges} from '../rule/common_ranges';
import {checkDeclaration} from '../rule/declaration_check';
import {ofDeclaredNames} from '../rule/declared_names';
import {stepsOfUsers} from '../rule/extras';
import {isRegistered} from '../rule/registry';

/** The names that users have given to callbacks. All others are those of the package. */
const names = new Set<string>();

/**
 * Makes one piece of an optimizer and registers it under its name, so that optimizers that use it can be loaded.
 *
 * `fn` is pure maths on one parameter. It gets one object with `p`, `grad`, `doWd` and everything that is declared
 * below. It returns any of `p`, `grad`, `stop` and its state entries. The same function runs eagerly and is traced for
 * fusing.
 *
 * @throws where a name is malformed, reserved, declared twice, or the name of one of the package's callbacks. A step
 *   throws where a function of the callback reads a name that is not declared.
 * @function
 * @formula `(p, grad, hypers, state) → (p, grad, state)`, once per parameter and step
 * @example
 * ```ts
 * const signStep = callback('signStep', {hypers: {lr: required}}, ({p, grad, lr}) => ({
 *   p: p.sub(grad.sign().mul(lr)),
 * }));
 * model.compile({optimizer: new Optimizer([signStep], {lr: 1e-3}), loss: 'meanSquaredError'});
 * ```
 */
export const callback: typeof newCallback = (name, declaration, fn) => {
  checkDeclaration(name, declaration, fn);
  installExtras();
  chainChecks.add(checkCommonRanges);
  if (isRegistered(name) && !names.has(name))
    throw new Error(`tfjs-optim has a callback '${name}'; choose another name.`);
  names.add(name);
  const {group, total, evaluate} = declaration;
  const made = newCallback(
    name,
    {
      ...declaration,
      ...(group && {group: ofDeclaredNames(`${name}: group`, group)}),
      ...(total && {total: ofDeclaredNames(`${name}: total`, total)}),
      ...(evaluate && {evaluate: ofDeclaredNames(`${name}: evaluate`, evaluate)}),
    },
    ofDeclaredNames(name, fn),
  );
  if (made.declaration.isStep && !made.declaration.everyParameter) stepsOfUsers.add(made.declaration);
  return made;
};
