import type * as tf from '@tensorflow/tfjs-core';

import {quoted} from '../util/quoted';

/** A parameter as it was saved, waiting for its variable. */
export interface Named {
  readonly name: string;
  readonly shape: readonly number[];
}

/**
 * A variable's name without the suffix that makes it unique on a page. Variables without a name of their own are
 * numbered.
 */
function baseName(name: string): string {
  return isNumber(name) ? '' : name.replace(/_\d+$/, '');
}

/**
 * Only layers' names, `layer/weight`, get suffixes, and tfjs numbers variables without a name: others are what a user
 * called them.
 */
function isUsersOwn(name: string): boolean {
  return !isNumber(name) && !name.includes('/');
}

function isNumber(name: string): boolean {
  return /^\d+$/.test(name);
}

/** The saved parameters and the variables of one base name and shape. */
interface Rivals<S> {
  readonly saved: S[];
  readonly variables: tf.Variable[];
}

/**
 * Which saved parameter each variable is: that of the very name, where users gave it. Else, among those of a base name
 * and shape: by name where the names are the same, in whatever order; by order where they are not, as where a copy of
 * a model has other suffixes.
 * @param problem is told where a name fits but no shape, or where several fit and their numbers differ. By default it
 *   throws.
 */
export function matchVariables<S extends Named>(
  saved: readonly S[],
  variables: readonly tf.Variable[],
  problem: (text: string) => void = text => {
    throw new Error(text);
  },
): Map<tf.Variable, S> {
  const matched = matchOwnNames(saved, variables);
  const taken = new Set(matched.values());
  const byBase = new Map<string, Map<string, Rivals<S>>>();
  const rivalsOf = ({name, shape}: Named): Rivals<S> => {
    const byShape = entryOf(byBase, baseName(name), () => new Map<string, Rivals<S>>());
    return entryOf(byShape, shape.join(), () => ({saved: [], variables: []}));
  };
  for (const one of saved) if (!taken.has(one)) rivalsOf(one).saved.push(one);
  for (const variable of variables) if (!matched.has(variable)) rivalsOf(variable).variables.push(variable);
  for (const byShape of byBase.values()) {
    for (const rivals of byShape.values()) matchRivals(rivals, matched, problem);
    const of = [...byShape.values()];
    const left = of.find(rivals => rivals.variables.length === 0)?.saved[0];
    const without = of.find(rivals => rivals.saved.length === 0)?.variables[0];
    if (left === undefined || without === undefined) continue;
    problem(
      `The saved state of '${left.name}' is for the shape [${left.shape}], but '${without.name}' has the shape [${without.shape}]. ` +
        'Train the model that was saved, or call clearState() to start afresh.',
    );
  }
  return matched;
}

function matchOwnNames<S extends Named>(saved: readonly S[], variables: readonly tf.Variable[]): Map<tf.Variable, S> {
  const byName = new Map(saved.map(one => [keyOf(one), one]));
  return new Map(
    variables.flatMap(variable => {
      const found = isUsersOwn(variable.name) ? byName.get(keyOf(variable)) : undefined;
      return found === undefined ? [] : [[variable, found] as const];
    }),
  );
}

function matchRivals<S extends Named>(
  {saved, variables}: Rivals<S>,
  matched: Map<tf.Variable, S>,
  problem: (text: string) => void,
): void {
  if (saved.length === 0 || variables.length === 0) return;
  if (saved.length !== variables.length) {
    problem(
      `Ambiguous names: ${saved.length} saved parameters (${quoted(saved)}) fit ${variables.length} variables ` +
        `(${quoted(variables)}). Give layers names of their own, or use loadOptimizer with all variables in \`params\`.`,
    );
    return;
  }
  const byName = new Map(saved.map(one => [one.name, one]));
  const same = variables.every(({name}) => byName.has(name));
  variables.forEach((variable, i) => {
    const found = same ? byName.get(variable.name) : saved[i];
    if (found !== undefined) matched.set(variable, found);
  });
}

function keyOf({name, shape}: Named): string {
  return `${shape.join()}/${name}`;
}

function entryOf<V>(map: Map<string, V>, key: string, make: () => V): V {
  const value = map.get(key) ?? make();
  map.set(key, value);
  return value;
}

/** Gives names suffixes where they are used already; a suffix does not count when names are matched. */
export class UniqueNames {
  readonly #used: Set<string>;
  /** The first suffix of each base that may be free: below it all are used. */
  readonly #next = new Map<string, number>();

  constructor(used: Iterable<string>) {
    this.#used = new Set(used);
  }

  /** A name with the base of `name` that is not used yet. */
  take(name: string): string {
    let unique = name;
    if (this.#used.has(name)) {
      const base = name.replace(/_\d+$/, '');
      let i = this.#next.get(base) ?? 1;
      while (this.#used.has(`${base}_${i}`)) i++;
      this.#next.set(base, i + 1);
      unique = `${base}_${i}`;
    }
    this.#used.add(unique);
    return unique;
  }
}
