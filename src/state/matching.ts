import type * as tf from '@tensorflow/tfjs-core';

import {at} from '../util/at';
import {memo} from '../util/memo';
import {quoted} from '../util/quoted';

/** What a saved parameter is matched by. */
export interface Named {
  readonly name: string;
  readonly shape: readonly number[];
}

/**
 * A variable's name without the suffix that makes it unique on a page. Empty for a variable that tfjs has numbered,
 * because it was given no name.
 */
function baseName(name: string): string {
  return isNumber(name) ? '' : name.replace(/_\d+$/, '');
}

/**
 * Whether a user chose the name. The other names are those of layers, `layer/weight`, which get suffixes, and the
 * numbers of variables that were given no name.
 */
function isUsersOwn(name: string): boolean {
  return !isNumber(name) && !name.includes('/');
}

function isNumber(name: string): boolean {
  return /^\d+$/.test(name);
}

/**
 * Whether a variable has a saved name, also where it has another suffix because it belongs to a copy of the model. A
 * name that a user chose must be the same.
 */
export function hasName({name}: tf.Variable, saved: string): boolean {
  return name === saved || (!isUsersOwn(name) && baseName(name) !== '' && baseName(name) === baseName(saved));
}

/** The saved parameters and the variables with the same base name and shape. */
interface Rivals<S> {
  readonly saved: S[];
  readonly variables: tf.Variable[];
}

/**
 * Finds the saved parameter of each variable. A name that a user chose must be the same. Other names are matched among
 * those with the same base name and shape: by name, in any order, if all names are the same; by order if not, because
 * a copy of a model has other suffixes.
 * @param problem is called where a name fits but its shape does not, or where the numbers of saved parameters and
 *   variables differ. By default it throws.
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
    const byShape = memo(byBase, baseName(name), () => new Map<string, Rivals<S>>());
    return memo(byShape, shape.join(), () => ({saved: [], variables: []}));
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
      `The saved state of '${left.name}' is for the shape [${left.shape}], but '${without.name}' has the shape ` +
        `[${without.shape}]. Train the model that was saved, or call clearState() to start without saved state.`,
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
        `(${quoted(variables)}). Give every layer a name, or call loadOptimizer with all variables in \`params\`.` +
        (saved.length > variables.length ? ' If the optimizer trained several models, give each its own.' : ''),
    );
    return;
  }
  const byName = new Map(saved.map(one => [one.name, one]));
  const found = variables.flatMap(({name}) => byName.get(name) ?? []);
  // If any name differs, the order decides.
  const pairs = found.length === saved.length ? found : saved;
  for (const [i, variable] of variables.entries()) matched.set(variable, at(pairs, i));
}

function keyOf({name, shape}: Named): string {
  return `${shape.join()}/${name}`;
}

/** Gives a name a suffix where it is already used. Matching ignores suffixes. */
export class UniqueNames {
  readonly #used: Set<string>;
  /** For each base, the first suffix that may be free. All below it are used. Bases without suffixes are absent. */
  readonly #next = new Map<string, number>();

  constructor(used: Iterable<string>) {
    this.#used = new Set(used);
  }

  /** Takes `name`, or a name with the same base that is not used yet. */
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
