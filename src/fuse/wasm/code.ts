/**
 * Makes a WebAssembly module from a plan. Each pass has two functions: `pass<k>` loops over the elements of one
 * parameter, and `after<k>` computes what comes after the loop. Both take the offsets of the job's arguments
 * (argument_layout.ts), of the slots (float32) and of the totals (float64). `phase<j>` runs the passes from one barrier
 * to the next for all jobs in a table.
 */
import {memo} from '../../util/memo';
import {type Func, moduleBytes} from '../../wasm/encode';
import {instantiate, type WasmFunctions} from '../../wasm/instance';
import {afterOf} from './after';
import {layoutOf} from './argument_layout';
import {ARGS, exported, JOBS, SLOTS, TOTALS} from './function_code';
import {call, get, int, loopWhile, op, set} from './instructions';
import {mathImports} from './ops';
import {passOf} from './pass';
import type {ReusingPlan} from './reuse';

/** The limits of a memory of any size. A shared memory must have a maximum; this one is the largest that exists. */
const LIMITS = {plain: [0, 0], shared: [3, 0, 0x80, 0x80, 4]};

/** Freed together with the memory or the plan. */
const made = new WeakMap<WebAssembly.Memory, WeakMap<ReusingPlan, WasmFunctions>>();

/** The functions of a plan on a memory. @throws where WebAssembly can't be compiled. */
export function functionsOf(plan: ReusingPlan, memory: WebAssembly.Memory): WasmFunctions {
  return memo(
    memo(made, memory, () => new WeakMap<ReusingPlan, WasmFunctions>()),
    plan,
    () => instantiate(memory, shared => wasmCode(plan, shared)),
  );
}

/** The module of a plan. @param shared whether the memory is shared. */
function wasmCode(plan: ReusingPlan, shared: boolean): Uint8Array<ArrayBuffer> {
  const imports = mathImports(name => plan.graph.nodes.some(node => node.op === name));
  const functions = [
    ...plan.passes.flatMap((pass, k) => [passOf(plan, pass, k), afterOf(plan, pass, k)]),
    ...phasesOf(plan).map((within, j) => phaseOf(plan, within, j, imports.length)),
  ];
  return moduleBytes(
    [{from: 'env', name: 'memory', limits: LIMITS[shared ? 'shared' : 'plain']}, ...imports],
    functions,
  );
}

/** The indices of the passes between barriers. */
export function phasesOf({passes}: ReusingPlan): number[][] {
  const phases: number[][] = [[]];
  passes.forEach(({barrier}, k) => {
    if (barrier) phases.push([k]);
    else phases.at(-1)?.push(k);
  });
  return phases;
}

/** @param first the index of the function `pass0`. The functions of the other passes follow in order. */
function phaseOf(plan: ReusingPlan, passes: readonly number[], j: number, first: number): Func {
  const handedOn = [get(ARGS), get(SLOTS), get(TOTALS)];
  const calls = passes.flatMap(k => [0, 1].flatMap(which => call(first + 2 * k + which, ...handedOn)));
  return exported(
    `phase${j}`,
    ['i32'],
    [],
    loopWhile(
      get(JOBS),
      [...calls, ...set(ARGS, op('i32.add', get(ARGS), int(layoutOf(plan).bytes)))],
      set(JOBS, op('i32.sub', get(JOBS), int(1)), 'local.tee'),
    ),
  );
}
