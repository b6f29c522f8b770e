import * as tf from '@tensorflow/tfjs-core';
import {quoted} from './quoted';

/** A parameter as it was saved, waiting for its variable. */
export interface Named {
  readonly name: string;
  readonly shape: readonly number[];
}

/** A variable's name without the suffix that makes it unique on a page. Variables without a name of their own are numbered. */
function baseName(name: string): string {
  return isNumber(name) ? '' : name.replace(/_\d+$/, '');
}

/** Only layers' names, `layer/weight`, get suffixes, and tfjs numbers variables without a name: others are what a user called them. */
function isUsersOwn(name: string): boolean {
  return !isNumber(name) && !name.includes('/');
}

function isNumber(name: string): boolean {
  return /^\d+$/.test(name);
}

/**
 * Which saved parameter each variable is: that of the very name, where users gave it; else that of its base name and shape, by order among
 * several.
 * @param problem is told where a name fits but no shape, or where several fit and their numbers differ. By default it throws.
 */
export function matchVariables<S extends Named>(
    saved: readonly S[], variables: readonly tf.Variable[],
    problem: (text: string) => void = text => { throw new Error(text); }): Map<tf.Variable, S> {
  const matched = new Map<tf.Variable, S>();
  for (const variable of variables) {
    const found = isUsersOwn(variable.name) ? saved.find(one => one.name === variable.name && fits(one, variable)) : undefined;
    if (found !== undefined) matched.set(variable, found);
  }
  const taken = new Set(matched.values());
  const left = saved.filter(one => !taken.has(one));
  const unmatched = variables.filter(variable => !matched.has(variable));
  for (const variable of unmatched) {
    const sameName = left.filter(({name}) => baseName(name) === baseName(variable.name));
    const [first] = sameName;
    if (first === undefined) continue;
    const fitting = sameName.filter(one => fits(one, variable));
    const rivals = unmatched.filter(other => baseName(other.name) === baseName(variable.name) && tf.util.arraysEqual(other.shape, variable.shape));
    const found = fitting[rivals.indexOf(variable)];
    if (fitting.length === 0) {
      problem(`The saved state of '${first.name}' is for the shape [${first.shape}], but '${variable.name}' has the shape [${variable.shape}]. ` +
        'Train the model that was saved, or call clearState() to start afresh.');
    } else if (rivals.length !== fitting.length) {
      problem(`Ambiguous names: ${fitting.length} saved parameters (${quoted(fitting)}) fit ${rivals.length} variables ` +
        `(${quoted(rivals)}). Give layers names of their own, or use loadOptimizer with all variables in \`params\`.`);
    } else if (found !== undefined) {
      matched.set(variable, found);
    }
  }
  return matched;
}

function fits({shape}: Named, variable: tf.Variable): boolean {
  return tf.util.arraysEqual([...shape], variable.shape);
}

/** A name with the base of `name` that is not used yet; a suffix does not count when names are matched. */
export function uniqueName(name: string, used: Set<string>): string {
  const base = name.replace(/_\d+$/, '');
  let unique = name;
  for (let i = 1; used.has(unique); i++) unique = `${base}_${i}`;
  used.add(unique);
  return unique;
}
