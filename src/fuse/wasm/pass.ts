import {at} from '../../util/at';
import type {Bytes, Func} from '../../wasm/encode';
import {argsOf, type Graph, isElementwise, nodeAt} from '../graph';
import {layoutOf, lengthAt} from './argument_layout';
import {ARGS, cellOf, Code, pointerAt, PREFIX} from './function_code';
import {get, int, memory, op} from './instructions';
import {bytesAt, loop, overLine} from './loops';
import {splat} from './ops';
import {count, largest, type Reducer, sum, upperHalf} from './reducers';
import type {ReusingPlan} from './reuse';

/** A reduction of a pass: of which node, and where the arguments hold it. */
interface Reduced {
  readonly value: number;
  readonly cell: number;
  readonly reducer: Reducer;
}

/** The function of a pass, which loops over the elements of a call. */
export function passOf(plan: ReusingPlan, pass: ReusingPlan['passes'][number], k: number): Func {
  const code = new Code(plan);
  const {axes, ...layout} = layoutOf(plan);
  const reduced = (extent: 'scalar' | 'rows' | 'cols'): Reduced[] =>
    pass.reductions.flatMap((index, i) => {
      const node = code.node(index);
      if (node.extent !== extent) return [];
      const cell = cellOf(plan, index);
      const value = at(argsOf(node), 0);
      const counted = countedBy(plan.graph, value);
      if (counted !== undefined && node.op !== 'max' && extent === 'scalar')
        return [{value: counted, cell, reducer: count(code, i)}];
      const reducer = (node.op === 'max' ? largest : sum)(code, i, plan.hasAxes && extent === 'scalar');
      return [{value, cell, reducer}];
    });
  const reductions = reduced('scalar');
  const perRow = reduced('rows');
  const perColumn = reduced('cols');
  const roots = [
    ...[...reductions, ...perRow, ...perColumn].map(({value}) => value),
    ...pass.writes.map(({node}) => node),
    ...pass.stores,
  ];
  if (roots.length === 0) return code.end(`pass${k}`);
  code.scalars(pass.scalars, [...pass.rows, ...pass.body, ...roots]);
  const used = new Set([...[...pass.rows, ...pass.body].flatMap(index => argsOf(code.node(index))), ...roots]);
  const pointer = (name: string, offset: number): string => {
    code.add(code.set(name, 'i32', memory('i32.load', offset, get(ARGS))));
    return name;
  };
  const usedOf = (extent: 'full' | 'rows' | 'cols'): number[] =>
    [...used].filter(index => {
      const node = code.node(index);
      return node.extent === extent && node.op !== 'constant' && (!isElementwise(node) || pass.known.has(index));
    });
  const loads = usedOf('full').map(index => ({index, at: pointer(`in${index}`, pointerAt(plan, index))}));
  const stores = [
    ...pass.writes.map((output, i) => ({
      node: output.node,
      at: pointer(`out${i}`, layout.outputs + 4 * plan.outputs.indexOf(output)),
    })),
    ...pass.stores.map(node => ({node, at: pointer(`store${node}`, pointerAt(plan, node))})),
  ];
  const splats = (extent: 'scalar' | 'rows'): Bytes[] =>
    [...used].flatMap(index => {
      const node = code.node(index);
      return node.extent === extent && node.op !== 'constant'
        ? [code.set(`b${index}`, 'v128', splat(code.get(`s${index}`), node.type))]
        : [];
    });
  code.add(...splats('scalar'));
  ['i', 'end'].forEach(name => {
    code.declare(name, 'i32');
  });
  for (const {reducer} of [...reductions, ...perRow]) code.add(reducer.begin());
  const address = (at: string): Bytes => op('i32.add', code.get(at), code.get('i'));
  const columns = usedOf('cols').map(index => ({index, at: `at${index}`}));
  const sums = perColumn.map(({value}, i) => ({value, at: `sums${i}`}));
  const body = (width: 'vector' | 'element', type: 'v128' | 'f32'): Bytes[] => [
    ...[...loads, ...columns].map(({index, at}) =>
      code.set(`${PREFIX[width]}${index}`, type, memory(`${type}.load`, 0, address(at))),
    ),
    ...pass.body.map(index => code.compute(index, width)),
    ...[...reductions, ...perRow].map(({value, reducer}) => reducer[width](code.value(value, width))),
    ...sums.map(({value, at}) => addTo(op('i32.add', address(at), code.get('i')), code.value(value, width), width)),
    ...stores.map(({node, at}) => memory(`${type}.store`, 0, address(at), code.value(node, width))),
  ];
  const whole = (bytes: Bytes): Bytes => op('i32.and', bytes, int(-16));
  if (!plan.hasAxes) {
    const count = bytesAt(layout.count);
    code.add(loop(code, whole(count), 16, body('vector', 'v128')));
    for (const {reducer} of reductions) code.add(reducer.lanes());
    code.add(loop(code, count, 4, body('element', 'f32')));
  } else {
    const length = bytesAt(lengthAt({...layout, axes}, 'cols', 'call'));
    const row = (): Bytes => code.get('row');
    const ofLines = [...new Set([...pass.rows, ...usedOf('rows')])].sort((a, b) => a - b);
    const rowPointers = usedOf('rows').map(index => [index, pointer(`line${index}`, pointerAt(plan, index))] as const);
    const columnPointers = columns.map(({index}) => pointer(`line${index}`, pointerAt(plan, index)));
    const sumPointers = perColumn.map(({cell}, i) => pointer(`column${i}`, cell));
    const rowSums = perRow.map(({cell}, i) => pointer(`row${i}`, cell));
    const numbers = new Map(rowPointers);
    const number = (index: number): Bytes => {
      const at = numbers.get(index);
      return at === undefined
        ? code.compute(index, 'scalar')
        : code.set(`s${index}`, 'f32', memory('f32.load', 0, op('i32.add', code.get(at), code.get('r'))));
    };
    const inRow: Bytes[] = [
      code.set('row', 'i32', code.get('i')),
      ...ofLines.map(number),
      ...splats('rows'),
      // From these, `i` counts columns, although it counts elements.
      ...columns.map(({at: name}, j) => code.set(name, 'i32', op('i32.sub', code.get(at(columnPointers, j)), row()))),
      ...sums.map(({at: name}, j) =>
        code.set(name, 'i32', op('i32.sub', code.get(at(sumPointers, j)), op('i32.shl', row(), int(1)))),
      ),
      ...perRow.map(({reducer}) => reducer.restart()),
      loop(code, op('i32.add', row(), whole(length)), 16, body('vector', 'v128')),
      ...perRow.map(({reducer}) => reducer.lanes()),
      loop(code, op('i32.add', row(), length), 4, body('element', 'f32')),
      ...perRow.map(({reducer}, j) => {
        const to = op('i32.add', code.get(at(rowSums, j)), op('i32.shl', code.get('r'), int(1)));
        return memory('f64.store', 0, to, reducer.end(memory('f64.load', 0, to)));
      }),
    ];
    code.add(overLine(code, bytesAt(lengthAt({...layout, axes}, 'rows', 'call')), inRow));
    for (const {reducer} of reductions) code.add(reducer.lanes());
  }
  for (const {cell, reducer} of reductions)
    code.add(memory('f64.store', cell, get(ARGS), reducer.end(memory('f64.load', cell, get(ARGS)))));
  return code.end(`pass${k}`);
}

/** The condition of a value that is 1 where the condition holds and 0 elsewhere; undefined for other values. */
function countedBy(graph: Graph, index: number): number | undefined {
  const node = nodeAt(graph, index);
  if (node.op !== 'select' || node.extent !== 'full') return undefined;
  const [condition, one, zero] = node.args.map(arg => nodeAt(graph, arg));
  const isCount = one?.op === 'constant' && one.value === 1 && zero?.op === 'constant' && zero.value === 0;
  return isCount && condition?.extent === 'full' ? node.args[0] : undefined;
}

/** Adds a value to sums in float64 in the memory. */
function addTo(at: Bytes, value: Bytes, width: 'vector' | 'element'): Bytes {
  if (width === 'element')
    return memory('f64.store', 0, at, op('f64.add', memory('f64.load', 0, at), op('f64.promote_f32', value)));
  const add = (offset: number, half: Bytes): Bytes =>
    memory(
      'v128.store',
      offset,
      at,
      op('f64x2.add', memory('v128.load', offset, at), op('f64x2.promote_low_f32x4', half)),
    );
  return [...add(0, value), ...add(16, upperHalf(value))];
}
