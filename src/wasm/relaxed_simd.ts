/** Whether modules use relaxed SIMD: fused multiply-add, whose last bits differ from processor to processor. */
import {assembleText} from './assemble';

/** Copies of this module share the kernels that tfjs calls, so they share the choice. */
const CHOICE = Symbol.for('tfjs-optim/relaxed-simd');

const PROBE = `(module (func (param $x v128) (result v128)
  (f32x4.relaxed_madd (local.get $x) (local.get $x) (local.get $x))))`;

let isThere: boolean | undefined;

/** Whether the engine has relaxed SIMD. */
function hasRelaxedSimd(): boolean {
  isThere ??= WebAssembly.validate(assembleText(PROBE));
  return isThere;
}

/** Whether relaxed SIMD is chosen, and the engine has it. */
export function usesRelaxedSimd(): boolean {
  return Reflect.get(globalThis, CHOICE) === true && hasRelaxedSimd();
}

/** Chooses for all modules from now on. */
export function chooseRelaxedSimd(wanted: boolean): void {
  Reflect.set(globalThis, CHOICE, wanted);
}
