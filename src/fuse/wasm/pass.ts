import {at} from '../../util/at';
import type {Bytes, Func} from '../../wasm/encode';
import {argsOf, type Graph, isElementwise, nodeAt} from '../graph';
import {layoutOf, lengthAt} from './argument_layout';
import {ARGS, cellOf, Code, isChosenBy, pointerAt, PREFIX} from './function_code';
import {get, ifElse, int, memory, op} from './instructions';
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

/** The most operations of a loop that takes several vectors per round. With more, registers run out. */
const MOST_UNROLLED = 8;

/** The function of a pass, which loops over the elements of a call. */
export function passOf(plan: ReusingPlan, pass: ReusingPlan['passes'][number], k: number): Func {
  const code = new Code(plan);
  const layout = layoutOf(plan);
  const reduced = (extent: 'scalar' | 'rows' | 'cols'): Reduced[] =>
    pass.reductions.flatMap((index, i) => {
      const node = code.node(index);
      if (node.extent !== extent) return [];
      const cell = cellOf(plan, index);
      const value = at(argsOf(node), 0);
      const counted = node.op !== 'max' && extent === 'scalar' ? countedBy(plan.graph, value) : undefined;
      if (counted !== undefined) {
        const condition = code.node(counted);
        // Where a negated condition holds is counted without negating: all elements less those where it fails.
        return condition.op === 'logicalNot' && !plan.hasAxes
          ? [
              {
                value: at(argsOf(condition), 0),
                cell,
                reducer: count(code, i, memory('i32.load', layout.count, get(ARGS))),
              },
            ]
          : [{value: counted, cell, reducer: count(code, i)}];
      }
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
  /** @param ahead how many bytes after `i` the elements are. */
  const body = (width: 'vector' | 'element', type: 'v128' | 'f32', ahead = 0): Bytes[] => {
    const needed = neededIn(code, roots, pass.known);
    return [
      ...[...loads, ...columns]
        .filter(({index}) => needed.has(index))
        .map(({index, at}) => code.set(`${PREFIX[width]}${index}`, type, memory(`${type}.load`, ahead, address(at)))),
      ...pass.body.filter(index => needed.has(index)).map(index => code.compute(index, width)),
      ...[...reductions, ...perRow].map(({value, reducer}) => reducer[width](code.value(value, width))),
      ...sums.map(({value, at}) =>
        addTo(op('i32.add', address(at), code.get('i')), 2 * ahead, code.value(value, width), width),
      ),
      ...stores.map(({node, at}) => memory(`${type}.store`, ahead, address(at), code.value(node, width))),
    ];
  };
  // A loop that only reads is faster where it takes several vectors per round.
  const several = stores.length === 0 && pass.body.length <= MOST_UNROLLED;
  /** The loops over whole vectors. @param to the bytes from `i` of the first element to the end. */
  const vectors = (from: Bytes, to: Bytes): Bytes => {
    const until = (step: number): Bytes => [
      ...from,
      ...op('i32.and', to, int(-step)),
      ...(from.length > 0 ? op('i32.add') : []),
    ];
    return [
      ...(several
        ? loop(
            code,
            until(64),
            64,
            [0, 16, 32, 48].flatMap(ahead => body('vector', 'v128', ahead)),
          )
        : []),
      ...loop(code, until(16), 16, body('vector', 'v128')),
    ];
  };
  if (!plan.hasAxes) {
    const count = bytesAt(layout.count);
    const loops = (): Bytes => [
      ...vectors([], count),
      ...reductions.flatMap(({reducer}) => reducer.lanes()),
      ...loop(code, count, 4, body('element', 'f32')),
    ];
    const condition = commonCondition(code, pass.body);
    const where = (operand: 1 | 2, of: number): Bytes =>
      code.whereKnown({condition: of, operand, except: pass.known}, loops);
    code.add(
      condition === undefined
        ? loops()
        : ifElse(code.value(condition, 'scalar'), where(1, condition), where(2, condition)),
    );
  } else {
    const length = bytesAt(lengthAt(layout, 'cols', 'call'));
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
      // Pointers to columns are moved back by the row, because `i` counts the elements of all rows.
      ...columns.map(({at: name}, j) => code.set(name, 'i32', op('i32.sub', code.get(at(columnPointers, j)), row()))),
      ...sums.map(({at: name}, j) =>
        code.set(name, 'i32', op('i32.sub', code.get(at(sumPointers, j)), op('i32.shl', row(), int(1)))),
      ),
      ...perRow.map(({reducer}) => reducer.restart()),
      vectors(row(), length),
      ...perRow.map(({reducer}) => reducer.lanes()),
      loop(code, op('i32.add', row(), length), 4, body('element', 'f32')),
      ...perRow.map(({reducer}, j) => {
        const to = op('i32.add', code.get(at(rowSums, j)), op('i32.shl', code.get('r'), int(1)));
        return memory('f64.store', 0, to, reducer.end(memory('f64.load', 0, to)));
      }),
    ];
    code.add(overLine(code, bytesAt(lengthAt(layout, 'rows', 'call')), inRow));
    for (const {reducer} of reductions) code.add(reducer.lanes());
  }
  for (const {cell, reducer} of reductions)
    code.add(memory('f64.store', cell, get(ARGS), reducer.end(memory('f64.load', cell, get(ARGS)))));
  return code.end(`pass${k}`);
}

/** The scalar condition by which most values of a body are chosen; undefined where none is. */
function commonCondition(code: Code, body: readonly number[]): number | undefined {
  const counts = new Map<number, number>();
  for (const index of body) {
    const node = code.node(index);
    const condition = node.op === 'select' ? at(argsOf(node), 0) : undefined;
    if (condition !== undefined && code.node(condition).extent === 'scalar' && isChosenBy(node, condition))
      counts.set(condition, (counts.get(condition) ?? 0) + 1);
  }
  const [most] = [...counts].sort(([, a], [, b]) => b - a);
  return most?.[0];
}

/** What a body computes and loads for its roots, where the code knows a condition. */
function neededIn(code: Code, roots: readonly number[], known: ReadonlySet<number>): ReadonlySet<number> {
  const needed = new Set(roots.map(index => code.actual(index)));
  // This loop also visits what it adds to the set.
  for (const index of needed)
    if (isElementwise(code.node(index)) && !known.has(index))
      for (const arg of argsOf(code.node(index))) needed.add(code.actual(arg));
  return needed;
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
function addTo(at: Bytes, ahead: number, value: Bytes, width: 'vector' | 'element'): Bytes {
  if (width === 'element')
    return memory('f64.store', ahead, at, op('f64.add', memory('f64.load', ahead, at), op('f64.promote_f32', value)));
  const add = (offset: number, half: Bytes): Bytes =>
    memory(
      'v128.store',
      offset,
      at,
      op('f64x2.add', memory('v128.load', offset, at), op('f64x2.promote_low_f32x4', half)),
    );
  return [...add(ahead, value), ...add(ahead + 16, upperHalf(value))];
}
