import {argsOf, isElementwise, type Node, nodeAt, type Output, reachable} from '../graph';
import type {Pass, Plan} from '../plan';
import {HOST_NAMES} from './ops';

/** A plan whose passes leave values in memory for the passes after them. */
export interface ReusingPlan extends Plan {
  readonly passes: readonly ReusingPass[];
  /** The values that are stored in memory of the plan's own. */
  readonly stored: readonly number[];
  /** The outputs that are written before the last pass. */
  readonly early: readonly Output[];
}

interface ReusingPass extends Pass {
  /** The values that the pass stores. */
  readonly stores: readonly number[];
  /** The values that earlier passes stored, or wrote as outputs. This pass does not compute them. */
  readonly known: ReadonlySet<number>;
}

/** Which pass writes an output before the last pass, and which pass stores a value. */
interface Decisions {
  readonly written: Map<Output, number>;
  readonly stored: Map<number, number>;
}

/** Operations that take longer than storing a number and loading it again. */
const EXPENSIVE: ReadonlySet<string> = new Set(['div', 'sqrt', 'softplus', ...HOST_NAMES]);

/** The plan without reuse, for memory that does not hold whole parameters. */
export function plainPlan(plan: Plan): ReusingPlan {
  return arranged(plan, {written: new Map(), stored: new Map()});
}

/**
 * The plan for memory that holds whole parameters, where nothing can fail between passes. A pass writes each output
 * that it computes anyway, if no later pass reads what the output replaces. It stores what later passes would have to
 * compute again at some expense. The numbers are the same.
 */
export function reusingPlan(plan: Plan): ReusingPlan {
  const decisions: Decisions = {written: new Map(), stored: new Map()};
  decideWritten(plan, decisions);
  decideStored(plan, decisions);
  return arranged(plan, decisions);
}

function decideWritten(plan: Plan, decisions: Decisions): void {
  const {passes} = plan;
  const {written} = decisions;
  for (const output of passes.flatMap(({writes}) => writes)) {
    const k = passes.findIndex(({body}) => body.includes(output.node));
    if (k >= 0 && k < passes.length - 1) written.set(output, k);
  }
  // To compute a value again, a pass may read what was to be written too early.
  for (;;) {
    const arrangement = arranged(plan, decisions);
    const tooEarly = [...written].find(([{name}, k]) =>
      arrangement.passes.slice(k + 1).some(pass => inputsOf(plan, pass).has(name)),
    );
    if (tooEarly === undefined) return;
    written.delete(tooEarly[0]);
  }
}

function decideStored(plan: Plan, decisions: Decisions): void {
  plan.passes.forEach((_, k) => {
    for (const index of arranged(plan, decisions).passes[k]?.body ?? []) {
      const node = nodeAt(plan.graph, index);
      if (node.extent !== 'full' || node.type !== 'float') continue;
      const {passes} = arranged(plan, decisions);
      const own = new Set(passes[k]?.body);
      const isUsed = passes.some(
        (later, j) =>
          j > k && isSamePhase(plan, k, j) && later.body.includes(index) && isUsedBeyond(plan, later, own, index),
      );
      if (isUsed && isExpensive(plan, index, decisions)) decisions.stored.set(index, k);
    }
  });
}

/** Whether a pass computes anything from the value that the pass with the body `own` does not compute. */
function isUsedBeyond(plan: Plan, pass: ReusingPass, own: ReadonlySet<number>, index: number): boolean {
  return (
    rootsOf(plan, pass).includes(index) ||
    pass.body.some(user => !own.has(user) && argsOf(nodeAt(plan.graph, user)).includes(index))
  );
}

function isExpensive(plan: Plan, index: number, {written, stored}: Decisions): boolean {
  const known = new Set([...stored.keys(), ...[...written.keys()].map(({node}) => node)]);
  return (
    !known.has(index) &&
    computedFor(plan, [index], known).some(({op, extent}) => EXPENSIVE.has(op) && extent === 'full')
  );
}

/** What a pass computes, reads and leaves under these decisions. */
function arranged(plan: Plan, {written, stored}: Decisions): ReusingPlan {
  const passes = plan.passes.map((pass, k): ReusingPass => {
    const known = new Set([
      ...[...written].flatMap(([{node}, j]) => (j < k ? [node] : [])),
      // The parameters of a bucket take turns in the memory for these values.
      ...[...stored].flatMap(([node, j]) => (j < k && isSamePhase(plan, j, k) ? [node] : [])),
    ]);
    const next = {
      ...pass,
      writes: [
        ...[...written].flatMap(([output, j]) => (j === k ? [output] : [])),
        ...pass.writes.filter(output => !written.has(output)),
      ],
      stores: [...stored].flatMap(([node, j]) => (j === k ? [node] : [])),
      known,
    };
    const needed = new Set(computedFor(plan, rootsOf(plan, next), known));
    return {...next, body: pass.body.filter(index => needed.has(nodeAt(plan.graph, index)))};
  });
  return {...plan, passes, stored: [...stored.keys()], early: [...written.keys()]};
}

/** The values that a pass computes for others to use. */
function rootsOf(
  plan: Plan,
  {reductions, writes, stores}: Pick<ReusingPass, 'reductions' | 'writes' | 'stores'>,
): number[] {
  return [
    ...reductions.flatMap(index => argsOf(nodeAt(plan.graph, index))),
    ...writes.map(({node}) => node),
    ...stores,
  ];
}

/** The nodes that must be computed for the roots, where some are known. */
function computedFor({graph}: Plan, roots: readonly number[], known: ReadonlySet<number>): Node[] {
  const given = new Set([...known].map(index => nodeAt(graph, index)));
  return reachable(graph, roots, node => isElementwise(node) && !given.has(node))
    .map(index => nodeAt(graph, index))
    .filter(node => isElementwise(node) && !given.has(node));
}

/** The names of the tensors that a pass reads per element. */
function inputsOf(plan: Plan, pass: ReusingPass): Set<string> {
  const nodes = [
    ...rootsOf(plan, pass),
    ...[...pass.rows, ...pass.body].flatMap(index => argsOf(nodeAt(plan.graph, index))),
  ];
  return new Set(
    nodes.map(index => nodeAt(plan.graph, index)).flatMap(node => (node.op === 'input' ? [node.name] : [])),
  );
}

/** Whether two passes of a parameter run without those of other parameters in between. */
function isSamePhase({passes}: Plan, first: number, second: number): boolean {
  return !passes.slice(first + 1, second + 1).some(({barrier}) => barrier);
}
