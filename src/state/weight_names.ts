import type {Chain} from '../rule/chain';
import {copy, scalar, zeros} from '../rule/starts';
import type {Manifest} from './manifest';
import type {NamedTensor} from './named_tensor';
import {altered, HOST, ITER, type ListedWeights, notState} from './saved_weights';

/**
 * Weights that no configuration lists, such as another optimizer's `getWeights`, read by their names:
 * `<variable>/<entry>`, in any order.
 * @param known what the optimizer would list itself: where that has state, the weights have to be those, and nothing
 *   is read from names.
 * @throws where the names are not those of such an optimizer's weights.
 */
export function listedByNames(chain: Chain, known: Manifest, weights: readonly NamedTensor[]): ListedWeights {
  if (known.some(({tensors}) => tensors.length > 0)) return {manifest: known, weights};
  const byVariable = new Map<string, Map<string, NamedTensor>>();
  for (const weight of weights) {
    const {name} = weight;
    if (name === ITER || name === HOST) continue;
    const slash = name.lastIndexOf('/');
    const [variable, entry] = [name.slice(0, slash), name.slice(slash + 1)];
    if (typeof chain.state.get(entry) !== 'function') throw notState(chain, name);
    const entries = byVariable.get(variable) ?? new Map<string, NamedTensor>();
    if (entries.has(entry)) throw altered(`'${name}' is there twice`);
    byVariable.set(variable, entries.set(entry, weight));
  }
  if (byVariable.size === 0) return {manifest: known, weights};
  const groups = new Map(known.map(({name, group}) => [name, group]));
  const manifest = [...byVariable].map(([name, entries]): Manifest[number] => {
    let shape: readonly number[] | undefined;
    for (const [entry, start] of chain.state) {
      const weight = entries.get(entry);
      if (start === zeros || start === copy) shape ??= weight?.tensor.shape;
      else if (start !== scalar) continue;
      if (weight === undefined) throw altered(`'${name}/${entry}' is missing`);
    }
    if (shape === undefined) throw altered(`they don't tell the shape of '${name}'`);
    return {name, shape, group: groups.get(name) ?? 0, tensors: [...entries.keys()]};
  });
  const inOrder = [...byVariable.values()].flatMap(entries => [...entries.values()]);
  return {
    manifest,
    weights: [...weights.filter(({name}) => name === ITER), ...inOrder, ...weights.filter(({name}) => name === HOST)],
  };
}
