/** WebAssembly instructions as bytes. Each comes after the instructions of its operands. */
import {type Bytes, float32, signed, unsigned} from '../../wasm/encode';
import {INSTRUCTIONS} from '../../wasm/opcodes';

const NOTHING = 0x40;

/** An instruction without immediates. */
export function op(name: string, ...operands: readonly Bytes[]): number[] {
  const instruction = INSTRUCTIONS.get(name);
  if (instruction === undefined) throw new Error(`There is no instruction ${name}.`);
  return [...operands.flat(), ...instruction];
}

/** A load, or a store where a value is given. Addresses are multiples of four. @param offset is added to them. */
export function memory(name: string, offset: number, address: Bytes, ...value: readonly Bytes[]): number[] {
  return [...op(name, address, ...value), name.startsWith('f64') ? 3 : 2, ...unsigned(offset)];
}

/** An instruction on one lane. */
export function lane(name: string, which: number, ...operands: readonly Bytes[]): number[] {
  return [...op(name, ...operands), which];
}

export function int(value: number): number[] {
  return [...op('i32.const'), ...signed(value)];
}

export function float(value: number): number[] {
  return [...op('f32.const'), ...float32(value)];
}

/** @param local its index. */
export function get(local: number): number[] {
  return [...op('local.get'), ...unsigned(local)];
}

/** Sets a local. With `local.tee` it also gives the value. */
export function set(local: number, value: Bytes, name = 'local.set'): number[] {
  return [...op(name, value), ...unsigned(local)];
}

/** @param index of the function, imported ones first. */
export function call(index: number, ...operands: readonly Bytes[]): number[] {
  return [...op('call', ...operands), ...unsigned(index)];
}

/** Runs `then` if the condition is true, and `otherwise` if it is false. */
export function ifElse(condition: Bytes, then: Bytes, otherwise: Bytes): number[] {
  return [...condition, 0x04, NOTHING, ...then, 0x05, ...otherwise, 0x0b];
}

/** Runs `body` if the condition is true, then repeats it while `again`, which comes after the body, is true. */
export function loopWhile(condition: Bytes, body: Bytes, again: Bytes): number[] {
  return [...condition, 0x04, NOTHING, 0x03, NOTHING, ...body, ...op('br_if', again), 0, 0x0b, 0x0b];
}
