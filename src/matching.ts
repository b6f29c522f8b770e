import * as tf from '@tensorflow/tfjs-core';

/** A parameter as it was saved, waiting for its variable. */
export interface Named {
  readonly name: string;
  readonly shape: readonly number[];
}

/** A variable's name without the suffix that makes it unique on a page. Variables without a name of their own are numbered. */
function baseName(name: string): string {
  return /^\d+$/.test(name) ? '' : name.replace(/_\d+$/, '');
}

/**
 * Which saved parameter each variable is: that of its base name and shape, by order among several.
 * @throws where a base name fits but no shape, or where several fit and their numbers differ.
 */
export function matchVariables<S extends Named>(saved: readonly S[], variables: readonly tf.Variable[]): Map<tf.Variable, S> {
  const matched = new Map<tf.Variable, S>();
  for (const variable of variables) {
    const sameName = saved.filter(({name}) => baseName(name) === baseName(variable.name));
    if (sameName.length === 0) continue;
    const fitting = sameName.filter(({shape}) => tf.util.arraysEqual([...shape], variable.shape));
    if (fitting.length === 0) {
      throw new Error(`The saved state of '${sameName[0]?.name}' is for the shape [${sameName[0]?.shape}], but '${variable.name}' has the shape ` +
        `[${variable.shape}]. Train the model that was saved, or call clearState() to start afresh.`);
    }
    const rivals = variables.filter(other => baseName(other.name) === baseName(variable.name) && tf.util.arraysEqual(other.shape, variable.shape));
    if (rivals.length !== fitting.length) {
      throw new Error(`Ambiguous names: ${fitting.length} saved parameters (${fitting.map(({name}) => `'${name}'`).join(', ')}) fit ${rivals.length} variables ` +
        `(${rivals.map(({name}) => `'${name}'`).join(', ')}). Give layers names of their own, or use loadOptimizer with all variables in \`params\`.`);
    }
    const found = fitting[rivals.indexOf(variable)];
    if (found !== undefined) matched.set(variable, found);
  }
  return matched;
}
