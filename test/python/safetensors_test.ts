import * as fc from 'fast-check';

import {type HostTensor, readSafetensors, writeSafetensors} from '../../src/interchange';
import {damaged, DAMAGES, tensorMaps} from '../support/damaged_safetensors';
import {pythonDuringSuite} from './support/python';

const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64');

/** Files that we refuse and the package reads: it is less strict than the format's description. */
const STRICTER = ['a name twice', 'a space before the header', 'more keys'];

describe('The Python package safetensors', () => {
  const python = pythonDuringSuite('safetensors_files.py');

  it('reads files that are written here', async () => {
    const tensors = new Map<string, HostTensor>([
      ['f', {dtype: 'float32', shape: [2, 3], data: Float32Array.of(1, -2, 0.1, 1e-40, 3e38, 0)}],
      ['i', {dtype: 'int32', shape: [2], data: Int32Array.of(-(2 ** 31), 7)}],
      ['b', {dtype: 'bool', shape: [3], data: Uint8Array.of(1, 0, 1)}],
      ['c', {dtype: 'complex64', shape: [1], data: Float32Array.of(1, 2)}],
      ['empty', {dtype: 'float32', shape: [0, 3], data: new Float32Array(0)}],
      ['scalar "ü\\ 😀', {dtype: 'float32', shape: [], data: Float32Array.of(5)}],
    ]);
    const read = await python.call('read', base64(writeSafetensors(tensors, {format: 'pt', 'ü"': '\n😀'})));
    const expected = [...tensors].map(([name, {dtype, shape, data}]) => [
      name,
      {dtype: `torch.${dtype}`, shape, data: [...data]},
    ]);
    expect(read).toEqual(Object.fromEntries(expected));
  });

  it('writes files that are read here', async () => {
    const data = [1, 0, 3];
    const tensor = (dtype: string, values = data) => ({dtype, shape: [3, 1], data: values});
    const floats = ['float64', 'float32', 'float16', 'bfloat16'];
    const integers = ['int64', 'int32', 'uint8'];
    const written = await python.call(
      'write',
      Object.fromEntries([
        ...[...floats, ...integers, 'complex64'].map(dtype => [dtype, tensor(dtype)]),
        ['bool', tensor('bool', [1, 0, 1])],
        ['half', tensor('float16', [6.1e-5, -0.333, 3e-7])],
      ]),
      {format: 'pt', ü: '"😀"'},
    );
    const {tensors, metadata} = readSafetensors(new Uint8Array(Buffer.from(String(written), 'base64')));
    expect(metadata).toEqual({format: 'pt', ü: '"😀"'});
    for (const name of floats)
      expect(tensors.get(name)).toEqual({dtype: 'float32', shape: [3, 1], data: Float32Array.from(data)});
    for (const name of integers)
      expect(tensors.get(name)).toEqual({dtype: 'int32', shape: [3, 1], data: Int32Array.from(data)});
    expect(tensors.get('bool')).toEqual({dtype: 'bool', shape: [3, 1], data: Uint8Array.of(1, 0, 1)});
    expect(tensors.get('complex64')?.data).toEqual(Float32Array.of(1, 0, 0, 0, 3, 0));
    // The numbers of binary16 that are nearest.
    expect(tensors.get('half')?.data).toEqual(Float32Array.of(1023 * 2 ** -24, -0.3330078125, 5 * 2 ** -24));
  });

  it('refuses the damaged files that are refused here, and reads those that are read', async () => {
    const files = fc.sample(fc.tuple(tensorMaps, fc.nat()), {seed: 9, numRuns: 4 * Object.keys(DAMAGES).length});
    const list = files.map(([tensors, seed], i) => {
      const kinds = Object.keys(DAMAGES);
      return damaged(tensors, String(kinds[i % kinds.length]), seed);
    });
    const accepted = await python.call(
      'accepted',
      list.map(({file}) => base64(file)),
    );
    if (!Array.isArray(accepted)) throw new Error('accepted gives a list.');
    expect(accepted.length).toBe(list.length);
    const read = new Set(list.filter((_, i) => accepted[i] === true).map(({damage}) => damage));
    expect([...read].sort()).toEqual([...STRICTER].sort());
    const intact = await python.call(
      'accepted',
      files.map(([tensors]) => base64(writeSafetensors(tensors))),
    );
    expect(intact).toEqual(files.map(() => true));
  });
});
