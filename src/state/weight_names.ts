import {type Chain, chainIn} from '../rule/chain';
import {copy, scalar, zeros} from '../rule/starts';
import {memo} from '../util/memo';
import type {Manifest} from './manifest';
import {altered, HOST, isShared, ITER, type ListedWeights, type NamedTensor, notState} from './saved_weights';

/**
 * Makes the manifest of weights that no configuration lists, such as those of another optimizer's `getWeights`. It is
 * read from their names, `<variable>/<entry>`, in any order.
 * @param known the optimizer's own manifest. Where it has state, the weights must be in its order, and names are not
 *   read.
 * @throws where the names cannot be those of this optimizer's weights.
 */
export function listedByNames(chain: Chain, known: Manifest, weights: readonly NamedTensor[]): ListedWeights {
  if (known.some(({tensors}) => tensors.length > 0)) return {manifest: known, weights};
  const groups = new Map(known.map(({name, group}) => [name, group]));
  const groupIn = (variable: string): number => {
    const group = groups.get(variable);
    // In a partition, the part of a variable that is not bound yet is not known.
    if (group === undefined && chain.division !== undefined)
      throw altered(`'${variable}' is not bound; attach it first`);
    // A variable that is not bound yet waits for group 0.
    return group ?? 0;
  };
  const byVariable = new Map<string, Map<string, NamedTensor>>();
  for (const weight of weights) {
    const {name} = weight;
    if (name === ITER || name === HOST || isShared(name)) continue;
    const slash = name.lastIndexOf('/');
    const [variable, entry] = [name.slice(0, slash), name.slice(slash + 1)];
    if (typeof chainIn(chain, groupIn(variable)).state.get(entry) !== 'function') throw notState(chain, name);
    const entries = memo(byVariable, variable, () => new Map<string, NamedTensor>());
    if (entries.has(entry)) throw altered(`'${name}' appears twice`);
    entries.set(entry, weight);
  }
  if (byVariable.size === 0) return {manifest: known, weights};
  const manifest = [...byVariable].map(([name, entries]): Manifest[number] => {
    let shape: readonly number[] | undefined;
    const group = groupIn(name);
    for (const [entry, start] of chainIn(chain, group).state) {
      const weight = entries.get(entry);
      if (start === zeros || start === copy) shape ??= weight?.tensor.shape;
      else if (start !== scalar) continue;
      if (weight === undefined) throw altered(`'${name}/${entry}' is missing`);
    }
    if (shape === undefined) throw altered(`they do not tell the shape of '${name}'`);
    return {name, shape, group, tensors: [...entries.keys()]};
  });
  const inOrder = [...byVariable.values()].flatMap(entries => [...entries.values()]);
  return {
    manifest,
    weights: [
      ...weights.filter(({name}) => name === ITER),
      ...inOrder,
      ...weights.filter(({name}) => name === HOST || isShared(name)),
    ],
  };
}
