import h5wasm from 'h5wasm';

import {readZip, writeZip} from '../../src/interchange/keras/zip';
import {isDict} from '../../src/util/config_reader';
import {present} from './present';

/** A .keras file in which one part is another text. */
export async function partChanged(
  file: Uint8Array,
  part: 'config.json' | 'metadata.json',
  change: (text: string) => string,
): Promise<Uint8Array> {
  const files = await readZip(file, ['config.json', 'metadata.json', 'model.weights.h5']);
  const text = change(new TextDecoder().decode(present(files.get(part))));
  return writeZip(
    [...files].map(([name, data]) => ({name, data: name === part ? new TextEncoder().encode(text) : data})),
  );
}

/** A .keras file with another configuration. */
export async function configChanged(
  file: Uint8Array,
  change: (config: Record<string, unknown>) => void,
): Promise<Uint8Array> {
  return partChanged(file, 'config.json', text => {
    const config: unknown = JSON.parse(text);
    if (!isDict(config)) throw new Error('A configuration is an object.');
    change(config);
    return JSON.stringify(config);
  });
}

/** A .keras file with other settings of `compile`. */
export async function compiledWith(file: Uint8Array, settings: object): Promise<Uint8Array> {
  return configChanged(file, config => {
    config['compile_config'] = {...Object(config['compile_config']), ...settings};
  });
}

type H5File = InstanceType<typeof h5wasm.File>;
type Dataset = Parameters<H5File['create_dataset']>[0];

/** A file of weights of a model that is one dense layer: this kernel, and a bias of two numbers. */
export async function denseWeights(
  kernel: Pick<Dataset, 'data' | 'dtype' | 'shape'>,
  change: (file: H5File) => void = () => undefined,
): Promise<Uint8Array> {
  const {FS} = await h5wasm.ready;
  // As h5py writes files by default: in a form without checksums.
  const file = new h5wasm.File('dense_weights.h5', 'w', {libver: ['earliest', 'latest']});
  for (const path of ['layers', 'layers/dense']) file.create_group(path);
  const group = file.create_group('layers/dense/vars');
  group.create_dataset({name: '0', ...kernel});
  group.create_dataset({name: '1', data: Float32Array.of(7, 8), shape: [2], dtype: '<f'});
  change(file);
  file.close();
  const bytes = FS.readFile('dense_weights.h5').slice();
  FS.unlink('dense_weights.h5');
  return bytes;
}
