/**
 * WebAssembly text from a plan. For each pass a function `pass<k>` over the elements of one parameter and, where there is something to do after
 * its loop, `after<k>`; both take the offsets of the parameter's record (wasm_record.ts), of the slots (float32) and of the totals (float64).
 * `phase<j>` runs the passes from one barrier to the next for a table of records.
 */
import {argsOf, type Elementwise, isElementwise, type Node, nodeAt} from './graph';
import type {Pass, Plan} from './plan';
import {expression, helpers, literal, localType, splat, type Width} from './wasm_ops';
import {layoutOf} from './wasm_record';

const PREFIX = {vector: '$v', element: '$e', scalar: '$s'} as const;
const ARGUMENTS = '(param $record i32) (param $slots i32) (param $totals i32)';
const PASS_ON = '(local.get $record) (local.get $slots) (local.get $totals)';

/** The functions of a module for `assembleText`. */
export function wasmText(plan: Plan): string {
  const used = new Set<Elementwise>();
  for (const node of plan.graph.nodes) if (isElementwise(node)) used.add(node.op);
  const phases = phasesOf(plan).map((passes, j) => phaseText(plan, passes, j));
  return [helpers(used), ...plan.passes.flatMap((pass, k) => [passText(plan, pass, k), afterText(plan, pass, k)]), ...phases].join('\n');
}

/** The indices of the passes between barriers. */
export function phasesOf({passes}: Plan): number[][] {
  const phases: number[][] = [[]];
  passes.forEach(({barrier}, k) => {
    if (barrier) phases.push([k]);
    else phases.at(-1)?.push(k);
  });
  return phases;
}

function phaseText(plan: Plan, passes: readonly number[], j: number): string {
  const {bytes} = layoutOf(plan);
  const calls = passes.map(k => `(call $pass${k} ${PASS_ON}) (call $after${k} ${PASS_ON})`).join(' ');
  return `(func (export "phase${j}") ${ARGUMENTS} (param $records i32)
    (if (local.get $records) (then (loop $next ${calls}
      (local.set $record (i32.add (local.get $record) (i32.const ${bytes})))
      (br_if $next (local.tee $records (i32.sub (local.get $records) (i32.const 1))))))))`;
}

/** The locals of a function and the text that sets them. */
class Code {
  readonly locals: string[] = [];
  readonly lines: string[] = [];

  constructor(readonly plan: Plan) {}

  local(name: string, type: string): string {
    this.locals.push(`(local ${name} ${type})`);
    return name;
  }

  node(index: number): Node {
    return nodeAt(this.plan.graph, index);
  }

  /** The value of a node in a loop of that width. */
  value(index: number, width: Width): string {
    const node = this.node(index);
    if (node.op === 'constant') return literal(node.value, node.type, width);
    if (node.extent === 'scalar') return `(local.get ${width === 'vector' ? '$b' : '$s'}${index})`;
    return `(local.get ${PREFIX[width]}${index})`;
  }

  /** Sets the local of a node from its operands. */
  compute(index: number, width: Width): string {
    const node = this.node(index);
    if (!isElementwise(node)) return '';
    const name = this.local(`${PREFIX[width]}${index}`, localType(node.type, width));
    return `(local.set ${name} ${expression(node.op, node.args.map(arg => this.value(arg, width)), width)})`;
  }

  /** Sets the locals of scalars and of everything given that they or `others` need. */
  scalars(computed: readonly number[], others: readonly number[]): void {
    const needed = new Set([...computed, ...[...computed, ...others].flatMap(index => argsOf(this.node(index))), ...others]);
    for (const index of [...needed].sort((a, b) => a - b)) {
      const node = this.node(index);
      if (node.extent !== 'scalar' || node.op === 'constant') continue;
      if (isElementwise(node)) this.lines.push(this.compute(index, 'scalar'));
      else this.lines.push(`(local.set ${this.local(`$s${index}`, 'f32')} ${given(this.plan, node, index)})`);
    }
  }
}

/** A scalar that a pass finds there. */
function given(plan: Plan, node: Node, index: number): string {
  const layout = layoutOf(plan);
  switch (node.op) {
    case 'slot': return `(f32.load offset=${4 * node.index} (local.get $slots))`;
    case 'total': return `(f32.demote_f64 (f64.load offset=${8 * node.index} (local.get $totals)))`;
    case 'input': return `(f32.load (i32.load offset=${layout.inputs + 4 * plan.inputs.indexOf(node)} (local.get $record)))`;
    default: {
      const sum = `(f64.load offset=${layout.reductions + 8 * plan.reductions.indexOf(index)} (local.get $record))`;
      if (node.op === 'sum') return `(f32.demote_f64 ${sum})`;
      return `(f32.demote_f64 (f64.div ${sum} (f64.convert_i32_u (i32.load offset=${layout.size} (local.get $record)))))`;
    }
  }
}

function passText(plan: Plan, pass: Pass, k: number): string {
  const code = new Code(plan);
  const layout = layoutOf(plan);
  const summed = pass.reductions.map(index => argsOf(code.node(index))[0] ?? 0);
  const roots = [...summed, ...pass.writes.map(({node}) => node)];
  if (roots.length === 0) return functionText(`pass${k}`, code);
  code.scalars(pass.scalars, [...pass.body, ...roots]);
  const used = new Set([...pass.body.flatMap(index => argsOf(code.node(index))), ...roots]);
  const pointer = (name: string, at: number): string => {
    code.lines.push(`(local.set ${code.local(name, 'i32')} (i32.load offset=${at} (local.get $record)))`);
    return name;
  };
  const loads = [...used].flatMap(index => {
    const node = code.node(index);
    if (node.op !== 'input' || node.extent !== 'full') return [];
    return [{index, at: pointer(`$in${index}`, layout.inputs + 4 * plan.inputs.indexOf(node))}];
  });
  const stores = pass.writes.map((output, i) => ({node: output.node, at: pointer(`$out${i}`, layout.outputs + 4 * plan.outputs.indexOf(output))}));
  for (const index of used) {
    const {extent, op, type} = code.node(index);
    if (extent === 'scalar' && op !== 'constant') code.lines.push(`(local.set ${code.local(`$b${index}`, 'v128')} ${splat(`(local.get $s${index})`, type)})`);
  }
  for (const i of summed.keys()) ['$low', '$high'].forEach(name => { code.local(`${name}${i}`, 'v128'); });
  summed.forEach((_, i) => { code.local(`$sum${i}`, 'f64'); });
  const address = (at: string): string => `(i32.add (local.get ${at}) (local.get $i))`;
  const vector = [
    ...loads.map(({index, at}) => `(local.set ${code.local(`$v${index}`, 'v128')} (v128.load align=4 ${address(at)}))`),
    ...pass.body.map(index => code.compute(index, 'vector')),
    ...summed.flatMap((index, i) => addFour(code.value(index, 'vector'), i)),
    ...stores.map(({node, at}) => `(v128.store align=4 ${address(at)} ${code.value(node, 'vector')})`),
  ];
  const element = [
    ...loads.map(({index, at}) => `(local.set ${code.local(`$e${index}`, 'f32')} (f32.load ${address(at)}))`),
    ...pass.body.map(index => code.compute(index, 'element')),
    ...summed.map((index, i) => `(local.set $sum${i} (f64.add (local.get $sum${i}) (f64.promote_f32 ${code.value(index, 'element')})))`),
    ...stores.map(({node, at}) => `(f32.store ${address(at)} ${code.value(node, 'element')})`),
  ];
  ['$i', '$end'].forEach(name => { code.local(name, 'i32'); });
  const count = `(i32.shl (i32.load offset=${layout.count} (local.get $record)) (i32.const 2))`;
  code.lines.push(
    loop(`(i32.and ${count} (i32.const -16))`, 16, vector), ...summed.map((_, i) => `(local.set $sum${i} ${lanes(i)})`), loop(count, 4, element),
    ...pass.reductions.map((index, i) => {
      const cell = layout.reductions + 8 * plan.reductions.indexOf(index);
      return `(f64.store offset=${cell} (local.get $record) (f64.add (f64.load offset=${cell} (local.get $record)) (local.get $sum${i})))`;
    }));
  return functionText(`pass${k}`, code);
}

function loop(end: string, step: number, body: readonly string[]): string {
  return `(local.set $end ${end})
    (if (i32.lt_u (local.get $i) (local.get $end)) (then (loop $more
      ${body.join('\n')}
      (br_if $more (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const ${step}))) (local.get $end))))))`;
}

/** Adds four elements to the i-th reduction in float64. */
function addFour(value: string, i: number): string[] {
  const upper = `(i8x16.shuffle 8 9 10 11 12 13 14 15 8 9 10 11 12 13 14 15 ${value} ${value})`;
  return [['$low', value], ['$high', upper]].map(([name = '', half = '']) =>
    `(local.set ${name}${i} (f64x2.add (local.get ${name}${i}) (f64x2.promote_low_f32x4 ${half})))`);
}

function lanes(i: number): string {
  const both = (name: string): string => `(f64.add (f64x2.extract_lane 0 (local.get ${name}${i})) (f64x2.extract_lane 1 (local.get ${name}${i})))`;
  return `(f64.add ${both('$low')} ${both('$high')})`;
}

function afterText(plan: Plan, {after}: Pass, k: number): string {
  const code = new Code(plan);
  const layout = layoutOf(plan);
  code.scalars(after.scalars, [...after.terms, ...after.writes].map(({node}) => node));
  for (const {total, node} of after.terms) {
    const at = `offset=${8 * total} (local.get $totals)`;
    code.lines.push(`(f64.store ${at} (f64.add (f64.load ${at}) (f64.promote_f32 ${code.value(node, 'scalar')})))`);
  }
  for (const output of after.writes) {
    const at = layout.outputs + 4 * plan.outputs.indexOf(output);
    code.lines.push(`(f32.store (i32.load offset=${at} (local.get $record)) ${code.value(output.node, 'scalar')})`);
  }
  return functionText(`after${k}`, code);
}

function functionText(name: string, {locals, lines}: Code): string {
  return `(func $${name} (export "${name}") ${ARGUMENTS} ${locals.join(' ')}\n${lines.join('\n')})`;
}
