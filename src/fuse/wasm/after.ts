import {at} from '../../util/at';
import type {Bytes, Func} from '../../wasm/encode';
import type {Output} from '../graph';
import {argsOf, isElementwise, isLine, isReduction, reachable} from '../graph';
import type {Pass} from '../plan';
import {layoutOf, lengthAt} from './argument_layout';
import {ARGS, cellOf, Code, countOf, pointerAt, TOTALS} from './function_code';
import {float, get, int, memory, op} from './instructions';
import {bytesAt, overLine} from './loops';
import type {ReusingPlan} from './reuse';

/** The function of what comes after a pass: reductions to and of lines, scalars, terms of totals, and other outputs. */
export function afterOf(plan: ReusingPlan, pass: Pass, k: number): Func {
  const {after} = pass;
  const code = new Code(plan);
  const layout = layoutOf(plan);
  for (const index of pass.reductions) if (isLine(code.node(index).extent)) code.add(finished(code, index));
  // In order, because one can depend on another.
  for (const index of after.reductions) {
    const value = at(argsOf(code.node(index)), 0);
    const before = reachable(plan.graph, [value], isElementwise).filter(arg => isElementwise(code.node(arg)));
    code.scalars(before, [value]);
    code.add(reducedLine(code, index, value));
  }
  const lines = after.lines.map(output => ({output, nodes: lineNodes(code, output.node)}));
  code.scalars(
    [...after.scalars, ...lines.flatMap(({nodes}) => nodes)],
    [...after.terms, ...after.writes, ...after.lines].map(({node}) => node),
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
  const target = (output: Output): Bytes =>
    memory('i32.load', layout.outputs + 4 * plan.outputs.indexOf(output), get(ARGS));
  for (const output of after.writes)
    code.add(memory('f32.store', 0, target(output), code.value(output.node, 'scalar')));
  // All values of an element of a line are computed before one is written, because outputs may replace inputs.
  for (const extent of ['rows', 'cols'] as const) {
    const some = lines.filter(({output}) => output.extent === extent);
    if (some.length === 0) continue;
    const nodes = [...new Set(some.flatMap(each => each.nodes))].sort((a, b) => a - b);
    code.add(
      alongLine(code, extent, nodes, () => [
        ...some.map(({output}) =>
          memory('f32.store', 0, op('i32.add', target(output), code.get('r')), code.value(output.node, 'scalar')),
        ),
      ]),
    );
  }
  return code.end(`after${k}`);
}

/** The nodes with one number per row, or per column, that a node of this kind is computed from, with itself. */
function lineNodes(code: Code, root: number): number[] {
  const {extent} = code.node(root);
  return reachable(code.plan.graph, [root], node => !isReduction(node)).filter(
    index => code.node(index).extent === extent && code.node(index).op !== 'constant',
  );
}

/** Runs `body` for each row or column, after the values of `nodes` there were computed or loaded. */
function alongLine(
  code: Code,
  extent: 'rows' | 'cols',
  nodes: readonly number[],
  body: () => readonly Bytes[],
): Bytes {
  const end = bytesAt(lengthAt(layoutOf(code.plan), extent, 'parameter'));
  return overLine(code, end, [...nodes.map(index => numberOf(code, index)), ...body()]);
}

function numberOf(code: Code, index: number): Bytes {
  if (isElementwise(code.node(index))) return code.compute(index, 'scalar');
  const from = memory('i32.load', pointerAt(code.plan, index), get(ARGS));
  return code.set(`s${index}`, 'f32', memory('f32.load', 0, op('i32.add', from, code.get('r'))));
}

/** Turns the sums of a reduction to rows or columns into its values, in place. */
function finished(code: Code, index: number): Bytes {
  const {plan} = code;
  const node = code.node(index);
  if (!isReduction(node) || !isLine(node.extent)) throw new Error(`The node ${index} has one number only.`);
  const numbers = memory('i32.load', cellOf(plan, index), get(ARGS));
  const sum = (): Bytes => memory('f64.load', 0, op('i32.add', numbers, op('i32.shl', code.get('r'), int(1))));
  const value = (): Bytes => (node.op === 'mean' ? op('f64.div', sum(), countOf(plan, node)) : sum());
  return alongLine(code, node.extent, [], () => [
    memory('f32.store', 0, op('i32.add', numbers, code.get('r')), op('f32.demote_f64', value())),
  ]);
}

/** Reduces a line to one number. */
function reducedLine(code: Code, index: number, value: number): Bytes {
  const {extent} = code.node(value);
  if (!isLine(extent)) throw new Error(`The node ${value} is not a line.`);
  const isMax = code.node(index).op === 'max';
  const all = `all${index}`;
  return [
    ...code.set(all, 'f64', op('f64.promote_f32', float(isMax ? -Infinity : 0))),
    ...alongLine(code, extent, lineNodes(code, value), () => [
      code.set(
        all,
        'f64',
        op(isMax ? 'f64.max' : 'f64.add', code.get(all), op('f64.promote_f32', code.value(value, 'scalar'))),
      ),
    ]),
    ...memory('f64.store', cellOf(code.plan, index), get(ARGS), code.get(all)),
  ];
}
