import * as fc from 'fast-check';

import {type HostTensor, readSafetensors, writeSafetensors} from '../../src/interchange';
import {damaged, DAMAGES, fileOf, tensorMaps} from '../support/damaged_safetensors';
import {present} from '../support/present';

/** A file with one tensor 'x' of a dtype that we don't write. */
function fileWith(dtype: string, shape: readonly number[], data: ArrayBufferView): Uint8Array {
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  const header = {x: {dtype, shape, data_offsets: [0, bytes.length]}};
  return fileOf(JSON.stringify(header), bytes);
}

const readX = (dtype: string, data: ArrayBufferView & {readonly length: number}, shape = [data.length]): HostTensor =>
  present(readSafetensors(fileWith(dtype, shape, data)).tensors.get('x'));

describe('safetensors', () => {
  it('reads what it wrote, under any names', () => {
    fc.assert(
      fc.property(
        tensorMaps,
        fc.dictionary(fc.string({unit: 'grapheme'}), fc.string({unit: 'grapheme'})),
        (tensors, metadata) => {
          const file = writeSafetensors(tensors, metadata);
          const read = readSafetensors(file);
          expect(new Map([...read.tensors].sort())).toEqual(new Map([...tensors].sort()));
          expect(Object.entries(read.metadata).sort()).toEqual(Object.entries(metadata).sort());
        },
      ),
      {seed: 16, numRuns: 300},
    );
  });

  it('reads tensors without elements, without axes, and files without tensors', () => {
    const tensors = new Map<string, HostTensor>([
      ['empty', {dtype: 'float32', shape: [0, 3], data: new Float32Array(0)}],
      ['scalar', {dtype: 'int32', shape: [], data: Int32Array.of(-7)}],
    ]);
    expect(new Map([...readSafetensors(writeSafetensors(tensors)).tensors].sort())).toEqual(tensors);
    expect(readSafetensors(writeSafetensors(new Map()))).toEqual({tensors: new Map(), metadata: {}});
  });

  it('aligns all data', () => {
    const tensors = new Map<string, HostTensor>([
      ['b', {dtype: 'bool', shape: [3], data: Uint8Array.of(1, 0, 1)}],
      ['f', {dtype: 'float32', shape: [1], data: Float32Array.of(1)}],
      ['c', {dtype: 'complex64', shape: [1], data: Float32Array.of(1, 2)}],
    ]);
    const {tensors: read} = readSafetensors(writeSafetensors(tensors));
    expect([...read.keys()]).toEqual(['c', 'f', 'b']);
    expect(new DataView(writeSafetensors(tensors).buffer).getUint32(0, true) % 8).toBe(0);
  });

  it('reads files at any offset in memory', () => {
    const tensors = new Map<string, HostTensor>([['f', {dtype: 'float32', shape: [2], data: Float32Array.of(1, 2)}]]);
    const file = writeSafetensors(tensors);
    const moved = new Uint8Array(file.length + 3);
    moved.set(file, 3);
    expect(readSafetensors(moved.subarray(3)).tensors).toEqual(tensors);
    expect(readSafetensors(file.buffer).tensors).toEqual(tensors);
  });

  it('writes tensors that are objects of a class', () => {
    class Ones {
      readonly dtype = 'float32';
      readonly shape = [2];
      readonly data = Float32Array.of(1, 1);
    }
    const {tensors} = readSafetensors(writeSafetensors(new Map([['x', new Ones()]])));
    expect(tensors.get('x')).toEqual({dtype: 'float32', shape: [2], data: Float32Array.of(1, 1)});
  });

  it('reads float16, bfloat16 and float64 as float32', () => {
    expect(readX('F16', Uint16Array.of(0x3c00, 0xc000, 0x0001, 0x7bff, 0x7c00, 0x8000, 0x3555))).toEqual({
      dtype: 'float32',
      shape: [7],
      data: Float32Array.of(1, -2, 2 ** -24, 65504, Infinity, -0, 0.333251953125),
    });
    expect(readX('F16', Uint16Array.of(0x7e00)).data[0]).toBeNaN();
    expect(readX('BF16', Uint16Array.of(0x3f80, 0xc049, 0x7f80)).data).toEqual(
      Float32Array.of(1, -3.140625, Infinity),
    );
    expect(readX('F64', Float64Array.of(0.1, -Infinity, 1e-300)).data).toEqual(Float32Array.of(0.1, -Infinity, 0));
    expect(() => readX('F64', Float64Array.of(1e39))).toThrowError(
      "The tensor 'x' can't be read: 1e+39 is beyond the range of float32.",
    );
  });

  it('reads integers of other sizes as int32 where they fit', () => {
    expect(readX('I64', BigInt64Array.of(-5n, 2n ** 31n - 1n))).toEqual({
      dtype: 'int32',
      shape: [2],
      data: Int32Array.of(-5, 2 ** 31 - 1),
    });
    expect(readX('U64', BigUint64Array.of(3n)).data).toEqual(Int32Array.of(3));
    expect(readX('U32', Uint32Array.of(3)).data).toEqual(Int32Array.of(3));
    expect(readX('I16', Int16Array.of(-3)).data).toEqual(Int32Array.of(-3));
    expect(readX('U16', Uint16Array.of(65535)).data).toEqual(Int32Array.of(65535));
    expect(readX('I8', Int8Array.of(-3)).data).toEqual(Int32Array.of(-3));
    expect(readX('U8', Uint8Array.of(255)).data).toEqual(Int32Array.of(255));
    expect(() => readX('I64', BigInt64Array.of(2n ** 31n))).toThrowError(
      "The tensor 'x' can't be read: 2147483648 is beyond the range of int32.",
    );
    expect(() => readX('U32', Uint32Array.of(2 ** 31))).toThrowError(/beyond the range of int32/);
    expect(() => readX('BOOL', Uint8Array.of(1, 2))).toThrowError(/a boolean must be 0 or 1; got 2/);
  });

  it('says which tensor has a type that it does not read', () => {
    expect(() => readX('F8_E4M3', Uint8Array.of(1))).toThrowError(
      /^The tensor 'x' has the dtype F8_E4M3, which can't be read. Write it as F32; /,
    );
  });

  it('refuses 2,000 damaged files', () => {
    const kinds = Object.keys(DAMAGES);
    const seen = new Map<string, number>();
    fc.assert(
      fc.property(tensorMaps, fc.constantFrom(...kinds), fc.nat(), (tensors, damage, seed) => {
        const {file} = damaged(tensors, damage, seed);
        expect(() => readSafetensors(file))
          .withContext(damage)
          .toThrowError(
            /^(This is not a valid safetensors file: .{10,}|The tensor '[^]*' (has the dtype|can't be read).*)\.$/,
          );
        seen.set(damage, (seen.get(damage) ?? 0) + 1);
      }),
      {seed: 2000, numRuns: 2000},
    );
    expect(seen.size).toBe(kinds.length);
  });

  it('answers any damaged byte by a message, or by the tensors that the file then has', () => {
    fc.assert(
      fc.property(tensorMaps, fc.nat(), fc.nat(255), (tensors, where, byte) => {
        const file = writeSafetensors(tensors, {a: 'b'});
        file[where % file.length] = byte;
        try {
          readSafetensors(file);
        } catch (error) {
          expect(error instanceof Error && !(error instanceof RangeError || error instanceof TypeError)).toBeTrue();
        }
      }),
      {seed: 5, numRuns: 2000},
    );
  });

  it('says what is wrong with a file', () => {
    const two = {dtype: 'F32', shape: [2], data_offsets: [0, 8]};
    const read =
      (header: unknown, bytes = 8) =>
      () =>
        readSafetensors(fileOf(JSON.stringify(header), new Uint8Array(bytes)));
    const begins = 'This is not a valid safetensors file: ';
    expect(() => readSafetensors(new Uint8Array(3))).toThrowError(`${begins}it must have at least 8 bytes; it has 3.`);
    expect(read({a: two}, 12)).toThrowError(`${begins}its tensors have 8 bytes; 12 follow the header.`);
    expect(read({a: two, b: {...two, data_offsets: [4, 12]}}, 12)).toThrowError(
      `${begins}the data of 'b' begins at 4; the tensor before it ends at 8.`,
    );
    expect(read({a: two, b: {...two, data_offsets: [12, 20]}}, 20)).toThrowError(
      `${begins}the data of 'b' begins at 12; the tensor before it ends at 8.`,
    );
    expect(read({a: {...two, shape: [3]}})).toThrowError(
      `${begins}the tensor 'a' of shape [3] and dtype F32 must have 12 bytes; it has 8.`,
    );
    for (const name of ['a', 'weight'])
      expect(() =>
        readSafetensors(
          fileOf(`{"${name}":${JSON.stringify(two)},"${name}":${JSON.stringify(two)}}`, new Uint8Array(8)),
        ),
      ).toThrowError(`${begins}the header has the name '${name}' twice.`);
    const dtypes = `{"a":{"dtype":"F32",${JSON.stringify(two).slice(1)}}`;
    expect(() => readSafetensors(fileOf(dtypes, new Uint8Array(8)))).toThrowError(
      `${begins}the header has the name 'dtype' twice.`,
    );
  });

  it('refuses to write what the format does not have', () => {
    const tensor: HostTensor = {dtype: 'float32', shape: [2], data: Float32Array.of(1, 2)};
    expect(() => writeSafetensors(new Map([['__metadata__', tensor]]))).toThrowError(
      "No tensor can have the name '__metadata__'; the format uses it.",
    );
    expect(() => writeSafetensors(new Map([['a', {...tensor, shape: [3]}]]))).toThrowError(
      "The tensor 'a' of shape [3] and type float32 must have 12 bytes; it has 8.",
    );
    const written = (values: object, name: unknown = 'a', ...more: unknown[]): unknown => {
      const result: unknown = Reflect.apply(writeSafetensors, undefined, [
        new Map([[name, {...tensor, ...values}]]),
        ...more,
      ]);
      return result;
    };
    expect(() => written({dtype: 'F32'})).toThrowError(
      "The dtype of the tensor 'a' must be one of float32, int32, bool, complex64; got 'F32'.",
    );
    expect(() => written({dtype: 'constructor'})).toThrowError(/^The dtype of the tensor 'a' must be/);
    expect(() => written({dtype: 'int32'})).toThrowError(
      "The data of the tensor 'a', of dtype int32, must be of the class Int32Array; got a Float32Array.",
    );
    expect(() => written({data: [1, 2]})).toThrowError(/must be of the class Float32Array; got \[1, 2\]\.$/);
    expect(() => written({data: undefined})).toThrowError(/must be of the class Float32Array; got undefined\.$/);
    expect(() => written({dtype: 'bool', data: Uint8Array.of(1, 2)})).toThrowError(
      "The tensor 'a' of dtype bool must have 0 and 1 only; got 2.",
    );
    for (const shape of [2, [-1, -2], [0.5, 4], ['2'], undefined])
      expect(() => written({shape})).toThrowError(/^The shape of the tensor 'a' must be a list of whole numbers/);
    expect(() => written({}, 3)).toThrowError('The name of a tensor must be a text; got 3.');
    expect(() => written({}, 'a', {epoch: 3})).toThrowError("The metadata 'epoch' must be a text; got 3.");
    expect(() => written({}, 'a', null)).toThrowError('Metadata must be texts by name; got null.');
    expect(() => written({}, 'a', {}, 'pt')).toThrowError(
      "writeSafetensors takes no arguments after the metadata; got 'pt'.",
    );
    const bare: unknown = new Map([['a', Float32Array.of(1)]]);
    expect(() => void Reflect.apply(writeSafetensors, undefined, [bare])).toThrowError(
      "The tensor 'a' must be {dtype, shape, data}; got a Float32Array.",
    );
    for (const bytes of ['file', Float32Array.of(1), undefined])
      expect(() => void Reflect.apply(readSafetensors, undefined, [bytes])).toThrowError(
        /^readSafetensors takes the bytes of a file first/,
      );
    expect(() => writeSafetensors(new Map([['\ud800', tensor]]))).toThrowError(/^Names and metadata must be Unicode/);
    expect(() => writeSafetensors(new Map(), {a: '\udc00'})).toThrowError(/^Names and metadata must be Unicode/);
  });
});
