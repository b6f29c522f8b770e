/**
 * Makes a WebAssembly module from a plan. Each pass has two functions: `pass<k>` loops over the elements of one
 * parameter, and `after<k>` computes what comes after the loop. Both take the offsets of the job's arguments
 * (argument_layout.ts), of the slots (float32) and of the totals (float64). `phase<j>` runs the passes from one barrier
 * to the next for all jobs in a table.
 */
import {at} from '../../util/at';
import {memo} from '../../util/memo';
import {type Bytes, type Func, functionCode, functionType, moduleBytes} from '../../wasm/encode';
import {instantiate, type WasmFunctions} from '../../wasm/instance';
import type {ValueType} from '../../wasm/opcodes';
import {argsOf, isElementwise, type Node, nodeAt} from '../graph';
import type {Pass, Plan} from '../plan';
import {layoutOf} from './argument_layout';
import {call, float, get, int, lane, loopWhile, memory, op, set} from './instructions';
import {expression, literal, localType, mathImports, splat, typesOf, type Width} from './ops';

/** The local indices of the functions' parameters. */
const [ARGS, SLOTS, TOTALS, JOBS] = [0, 1, 2, 3];
const PREFIX = {vector: 'v', element: 'e', scalar: 's'} as const;
const UPPER_HALF = [8, 9, 10, 11, 12, 13, 14, 15, 8, 9, 10, 11, 12, 13, 14, 15];
/** The limits of a memory of any size. A shared memory must have a maximum; this one is the largest that exists. */
const LIMITS = {plain: [0, 0], shared: [3, 0, 0x80, 0x80, 4]};

/** Freed together with the memory or the plan. */
const made = new WeakMap<WebAssembly.Memory, WeakMap<Plan, WasmFunctions>>();

/** The functions of a plan on a memory. @throws where WebAssembly can't be compiled. */
export function functionsOf(plan: Plan, memory: WebAssembly.Memory): WasmFunctions {
  return memo(
    memo(made, memory, () => new WeakMap<Plan, WasmFunctions>()),
    plan,
    () => instantiate(memory, shared => wasmCode(plan, shared)),
  );
}

/** The module of a plan. @param shared whether the memory is shared. */
function wasmCode(plan: Plan, shared: boolean): Uint8Array<ArrayBuffer> {
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
function phasesOf({passes}: Plan): number[][] {
  const phases: number[][] = [[]];
  passes.forEach(({barrier}, k) => {
    if (barrier) phases.push([k]);
    else phases.at(-1)?.push(k);
  });
  return phases;
}

/** @param first the index of the function `pass0`. The functions of the other passes follow in order. */
function phaseOf(plan: Plan, passes: readonly number[], j: number, first: number): Func {
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

function exported(
  name: string,
  params: readonly ValueType[],
  locals: readonly ValueType[],
  instructions: Bytes,
): Func {
  return {
    type: functionType(typesOf('i32', 'i32', 'i32', ...params), []),
    exports: [name],
    code: functionCode(typesOf(...locals), instructions),
  };
}

/** A function in the making: its locals by name, and the instructions so far. */
class Code {
  readonly done: number[] = [];
  readonly #locals = new Map<string, {readonly type: ValueType; readonly index: number}>();

  constructor(readonly plan: Plan) {}

  /** The value of a local. */
  get(name: string): Bytes {
    return get(this.#index(name));
  }

  /** Declares a local and sets it. */
  set(name: string, type: ValueType, value: Bytes): Bytes {
    this.declare(name, type);
    return set(this.#index(name), value);
  }

  declare(name: string, type: ValueType): void {
    // Locals are counted from the parameters on, and a pass has three of these.
    this.#locals.set(name, {type, index: this.#locals.get(name)?.index ?? JOBS + this.#locals.size});
  }

  add(...instructions: readonly Bytes[]): void {
    // Not in one call of push, because its arguments might not fit on the stack.
    for (const bytes of instructions) for (const byte of bytes) this.done.push(byte);
  }

  node(index: number): Node {
    return nodeAt(this.plan.graph, index);
  }

  /** The value of a node in a loop of that width. */
  value(index: number, width: Width): Bytes {
    const node = this.node(index);
    if (node.op === 'constant') return literal(node.value, node.type, width);
    if (node.extent === 'scalar') return this.get(`${width === 'vector' ? 'b' : 's'}${index}`);
    return this.get(`${PREFIX[width]}${index}`);
  }

  /** Sets the local of a node from its operands. */
  compute(index: number, width: Width): Bytes {
    const node = this.node(index);
    if (!isElementwise(node)) return [];
    const value = expression(
      node.op,
      node.args.map(arg => this.value(arg, width)),
      width,
    );
    return this.set(`${PREFIX[width]}${index}`, localType(node.type, width), value);
  }

  /** Sets the locals of scalars, and of the given scalars that they or `others` need. */
  scalars(computed: readonly number[], others: readonly number[]): void {
    const needed = new Set([
      ...computed,
      ...[...computed, ...others].flatMap(index => argsOf(this.node(index))),
      ...others,
    ]);
    for (const index of [...needed].sort((a, b) => a - b)) {
      const node = this.node(index);
      if (node.extent !== 'scalar' || node.op === 'constant') continue;
      this.add(
        isElementwise(node)
          ? this.compute(index, 'scalar')
          : this.set(`s${index}`, 'f32', given(this.plan, node, index)),
      );
    }
  }

  end(name: string): Func {
    return exported(
      name,
      [],
      [...this.#locals.values()].map(({type}) => type),
      this.done,
    );
  }

  #index(name: string): number {
    const local = this.#locals.get(name);
    if (local === undefined) throw new Error(`There is no local ${name}.`);
    return local.index;
  }
}

/** A scalar that a pass does not compute: a slot, a total, an input or a reduction of an earlier pass. */
function given(plan: Plan, node: Node, index: number): Bytes {
  const layout = layoutOf(plan);
  switch (node.op) {
    case 'slot':
      return memory('f32.load', 4 * node.index, get(SLOTS));
    case 'total':
      return op('f32.demote_f64', memory('f64.load', 8 * node.index, get(TOTALS)));
    case 'input': {
      const i = plan.inputs.findIndex(({name}) => name === node.name);
      return memory('f32.load', 4 * (node.element ?? 0), memory('i32.load', layout.inputs + 4 * i, get(ARGS)));
    }
    default: {
      const sum = memory('f64.load', layout.reductions + 8 * plan.reductions.indexOf(index), get(ARGS));
      if (node.op !== 'mean') return op('f32.demote_f64', sum);
      return op(
        'f32.demote_f64',
        op('f64.div', sum, op('f64.convert_i32_u', memory('i32.load', layout.size, get(ARGS)))),
      );
    }
  }
}

function passOf(plan: Plan, pass: Pass, k: number): Func {
  const code = new Code(plan);
  const layout = layoutOf(plan);
  const reductions = pass.reductions.map((index, i) => {
    const node = code.node(index);
    return {
      value: at(argsOf(node), 0),
      cell: layout.reductions + 8 * plan.reductions.indexOf(index),
      reducer: (node.op === 'max' ? largest : sum)(code, i),
    };
  });
  const roots = [...reductions.map(({value}) => value), ...pass.writes.map(({node}) => node)];
  if (roots.length === 0) return code.end(`pass${k}`);
  code.scalars(pass.scalars, [...pass.body, ...roots]);
  const used = new Set([...pass.body.flatMap(index => argsOf(code.node(index))), ...roots]);
  const pointer = (name: string, offset: number): string => {
    code.add(code.set(name, 'i32', memory('i32.load', offset, get(ARGS))));
    return name;
  };
  const loads = [...used].flatMap(index => {
    const node = code.node(index);
    if (node.op !== 'input' || node.extent !== 'full') return [];
    return [{index, at: pointer(`in${index}`, layout.inputs + 4 * plan.inputs.indexOf(node))}];
  });
  const stores = pass.writes.map((output, i) => ({
    node: output.node,
    at: pointer(`out${i}`, layout.outputs + 4 * plan.outputs.indexOf(output)),
  }));
  for (const index of used) {
    const {extent, op: kind, type} = code.node(index);
    if (extent === 'scalar' && kind !== 'constant')
      code.add(code.set(`b${index}`, 'v128', splat(code.get(`s${index}`), type)));
  }
  ['i', 'end'].forEach(name => {
    code.declare(name, 'i32');
  });
  for (const {reducer} of reductions) code.add(reducer.begin());
  const address = (at: string): Bytes => op('i32.add', code.get(at), code.get('i'));
  const body = (width: 'vector' | 'element', type: 'v128' | 'f32'): Bytes[] => [
    ...loads.map(({index, at}) => code.set(`${PREFIX[width]}${index}`, type, memory(`${type}.load`, 0, address(at)))),
    ...pass.body.map(index => code.compute(index, width)),
    ...reductions.map(({value, reducer}) => reducer[width](code.value(value, width))),
    ...stores.map(({node, at}) => memory(`${type}.store`, 0, address(at), code.value(node, width))),
  ];
  const count = op('i32.shl', memory('i32.load', layout.count, get(ARGS)), int(2));
  code.add(loop(code, op('i32.and', count, int(-16)), 16, body('vector', 'v128')));
  for (const {reducer} of reductions) code.add(reducer.lanes());
  code.add(loop(code, count, 4, body('element', 'f32')));
  for (const {cell, reducer} of reductions)
    code.add(memory('f64.store', cell, get(ARGS), reducer.end(memory('f64.load', cell, get(ARGS)))));
  return code.end(`pass${k}`);
}

function loop(code: Code, end: Bytes, step: number, body: readonly Bytes[]): Bytes {
  const moreThan = (i: Bytes): Bytes => op('i32.lt_u', i, code.get('end'));
  const next = [...code.set('i', 'i32', op('i32.add', code.get('i'), int(step))), ...code.get('i')];
  return [...code.set('end', 'i32', end), ...loopWhile(moreThan(code.get('i')), body.flat(), moreThan(next))];
}

/** How a loop reduces what it computes to one number. */
interface Reducer {
  /** Declares and sets the locals of the reducer. */
  readonly begin: () => Bytes;
  /** Adds four elements. */
  readonly vector: (value: Bytes) => Bytes;
  /** Reduces the four lanes to one number, after the loop over vectors. */
  readonly lanes: () => Bytes;
  /** Adds one element. */
  readonly element: (value: Bytes) => Bytes;
  /** Combines the reduction so far with the result of this loop. */
  readonly end: (before: Bytes) => Bytes;
}

/** The i-th reduction as a sum in float64. */
function sum(code: Code, i: number): Reducer {
  const [low, high, all] = [`low${i}`, `high${i}`, `sum${i}`];
  const add = (name: string, half: Bytes): Bytes =>
    code.set(name, 'v128', op('f64x2.add', code.get(name), op('f64x2.promote_low_f32x4', half)));
  const both = (name: string): Bytes =>
    op('f64.add', lane('f64x2.extract_lane', 0, code.get(name)), lane('f64x2.extract_lane', 1, code.get(name)));
  return {
    // Locals start at 0.
    begin: () => {
      for (const name of [low, high]) code.declare(name, 'v128');
      code.declare(all, 'f64');
      return [];
    },
    vector: value => [...add(low, value), ...add(high, [...op('i8x16.shuffle', value, value), ...UPPER_HALF])],
    lanes: () => code.set(all, 'f64', op('f64.add', both(low), both(high))),
    element: value => code.set(all, 'f64', op('f64.add', code.get(all), op('f64.promote_f32', value))),
    end: before => op('f64.add', before, code.get(all)),
  };
}

/**
 * The i-th reduction as a maximum. A vector's `max` passes NaN on, but takes about ten dependent instructions on x64.
 * `pmax` takes one, so NaN is recorded separately.
 */
function largest(code: Code, i: number): Reducer {
  const [four, all, nan] = [`four${i}`, `max${i}`, `nan${i}`];
  const larger = (value: Bytes): Bytes => code.set(all, 'f32', op('f32.max', code.get(all), value));
  return {
    begin: () => {
      code.declare(nan, 'v128');
      return [...code.set(all, 'f32', float(-Infinity)), ...code.set(four, 'v128', op('f32x4.splat', code.get(all)))];
    },
    vector: value => [
      ...code.set(four, 'v128', op('f32x4.pmax', code.get(four), value)),
      ...code.set(nan, 'v128', op('v128.or', code.get(nan), op('f32x4.ne', value, value))),
    ],
    // A lane whose bits are all 1 is NaN.
    lanes: () => [
      ...code.set(four, 'v128', op('v128.or', code.get(four), code.get(nan))),
      ...[0, 1, 2, 3].flatMap(which => larger(lane('f32x4.extract_lane', which, code.get(four)))),
    ],
    element: larger,
    end: before => op('f64.max', before, op('f64.promote_f32', code.get(all))),
  };
}

function afterOf(plan: Plan, {after}: Pass, k: number): Func {
  const code = new Code(plan);
  const layout = layoutOf(plan);
  code.scalars(
    after.scalars,
    [...after.terms, ...after.writes].map(({node}) => node),
  );
  for (const {total, node} of after.terms) {
    code.add(
      memory(
        'f64.store',
        8 * total,
        get(TOTALS),
        op('f64.add', memory('f64.load', 8 * total, get(TOTALS)), op('f64.promote_f32', code.value(node, 'scalar'))),
      ),
    );
  }
  for (const output of after.writes) {
    const at = memory('i32.load', layout.outputs + 4 * plan.outputs.indexOf(output), get(ARGS));
    code.add(memory('f32.store', 0, at, code.value(output.node, 'scalar')));
  }
  return code.end(`after${k}`);
}
