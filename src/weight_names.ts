import type {Chain} from './chain';
import type {NamedTensor} from './named_tensor';
import type {ManifestEntry} from './saved_config';
import {altered, HOST, ITER, type ListedWeights, notState} from './saved_weights';
import {copy, scalar, zeros} from './starts';

/**
 * Weights that no configuration lists, such as another optimizer's `getWeights`, read by their names: `<variable>/<entry>`, in any order.
 * @param known what the optimizer would list itself: where that has state, the weights have to be those, and nothing is read from names.
 * @throws where the names are not those of such an optimizer's weights.
 */
export function listedByNames(chain: Chain, known: readonly ManifestEntry[], weights: readonly NamedTensor[]): ListedWeights {
  const tensors = weights.filter(({name}) => name !== ITER && name !== HOST);
  if (tensors.length === 0 || known.some(entry => entry.tensors.length > 0)) return {manifest: known, weights};
  const byName = new Map(tensors.map(weight => [weight.name, weight]));
  if (byName.size < tensors.length) throw altered('a name is there twice');
  const variables = new Set(tensors.map(({name}) => {
    const slash = name.lastIndexOf('/');
    if (typeof chain.state.get(name.slice(slash + 1)) !== 'function') throw notState(chain, name);
    return name.slice(0, slash);
  }));
  const manifest = [...variables].map((name): ManifestEntry => {
    const group = known.find(entry => entry.name === name)?.group ?? 0;
    const entries = [...chain.state].flatMap(([entry, start]) => {
      const weight = byName.get(`${name}/${entry}`);
      if (weight === undefined && (start === zeros || start === copy || start === scalar)) throw altered(`'${name}/${entry}' is missing`);
      return weight === undefined ? [] : [{entry, start, shape: weight.tensor.shape}];
    });
    const shape = entries.find(({start}) => start === zeros || start === copy)?.shape;
    if (shape === undefined) throw altered(`they don't tell the shape of '${name}'`);
    return {name, shape, group, tensors: entries.map(({entry}) => entry)};
  });
  const inOrder = manifest.flatMap(({name, tensors: entries}) => entries.flatMap(entry => byName.get(`${name}/${entry}`) ?? []));
  return {
    manifest, weights: [...weights.filter(({name}) => name === ITER), ...inOrder, ...weights.filter(({name}) => name === HOST)],
  };
}
