import type {Bytes} from '../../wasm/encode';
import {ARGS, type Code} from './function_code';
import {get, int, loopWhile, memory, op} from './instructions';

/** The bytes of as many float32 numbers as an argument says. */
export function bytesAt(offset: number): Bytes {
  return op('i32.shl', memory('i32.load', offset, get(ARGS)), int(2));
}

/** Runs `body` for each step of `i` up to `end`, in bytes. */
export function loop(code: Code, end: Bytes, step: number, body: readonly Bytes[]): Bytes {
  const moreThan = (i: Bytes): Bytes => op('i32.lt_u', i, code.get('end'));
  const next = [...code.set('i', 'i32', op('i32.add', code.get('i'), int(step))), ...code.get('i')];
  return [...code.set('end', 'i32', end), ...loopWhile(moreThan(code.get('i')), body.flat(), moreThan(next))];
}

/** Runs `body` for each row, or for each column, where `r` counts their bytes. */
export function overLine(code: Code, end: Bytes, body: readonly Bytes[]): Bytes {
  const moreThan = (r: Bytes): Bytes => op('i32.lt_u', r, end);
  const next = [...code.set('r', 'i32', op('i32.add', code.get('r'), int(4))), ...code.get('r')];
  return [...code.set('r', 'i32', int(0)), ...loopWhile(moreThan(code.get('r')), body.flat(), moreThan(next))];
}
