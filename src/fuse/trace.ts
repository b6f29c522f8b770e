import type {Chain} from '../rule/chain';
import type {Draft} from '../rule/declaration';
import {type Arithmetic, runChain} from '../rule/run_chain';
import {type Bucket, bucketsOf, extentIn} from './bucket';
import type {Graph, Output, Term} from './graph';
import type {Job} from './job';
import {Recorder, Session, ShapeRead, Traced, Untraceable} from './traced';

/** What one step computes for the parameters of a bucket. */
export interface TracedBucket {
  readonly jobs: readonly Job[];
  readonly graph: Graph;
  /** The structure: equal for graphs that differ only in the numbers of their slots. */
  readonly key: string;
  /** The values of the slots, in float64. */
  readonly slots: readonly number[];
  /** The host numbers after the step. */
  readonly numbers: ReadonlyArray<readonly [name: string, value: number]>;
}

/** A step as data. */
export interface Trace {
  readonly buckets: readonly TracedBucket[];
  /** The number of totals, which all buckets share. */
  readonly totals: number;
  /** The passes that may start only when every bucket has finished the pass before, in order. */
  readonly barriers: readonly number[];
}

/** What a bucket's draft was made from. */
interface BucketTrace {
  readonly recorder: Recorder;
  readonly jobs: Bucket;
  readonly inputs: ReadonlyMap<string, Traced>;
  readonly terms: Term[];
}

/** Chains with a callback that reads shapes. Their buckets must have one shape each. */
const readsShapes = new WeakSet<Chain>();

/**
 * Runs the callbacks on symbolic values, once per bucket of parameters. It changes nothing.
 * @throws Untraceable, or any error that a callback throws because it did not get real tensors.
 */
export function trace(chain: Chain, jobs: readonly Job[], common: Readonly<Record<string, number>>): Trace {
  try {
    return traceBuckets(chain, bucketsOf(jobs, readsShapes.has(chain)), common, readsShapes.has(chain));
  } catch (error) {
    if (!(error instanceof ShapeRead)) throw error;
    readsShapes.add(chain);
    return traceBuckets(chain, bucketsOf(jobs, true), common, true);
  }
}

function traceBuckets(
  chain: Chain,
  buckets: readonly Bucket[],
  common: Readonly<Record<string, number>>,
  byShape: boolean,
): Trace {
  const session = new Session();
  const drafts = buckets.map(jobs => draftOf(jobs, common, session, byShape));
  const passes: number[] = [];
  const arithmetic: Arithmetic<Traced, Draft<Traced, BucketTrace>> = {
    isValue: (x): x is Traced => x instanceof Traced && x.type === 'float',
    sameShape: (a, b) => a.extent === b.extent || isRankZero(a) || isRankZero(b),
    sum: (_, values) => {
      const index = passes.length;
      const terms = values.map(value => termOf(value, index, drafts));
      const pass = Math.max(1, ...terms.map(term => term.pass));
      passes.push(pass);
      return new Traced(session, undefined, index, 'scalar', 'float', pass);
    },
    scope: (draft, run) => {
      session.current = draft.of.recorder;
      run();
    },
    together: ({name}) => {
      throw new Untraceable(`${name} acts on all parameters at once`);
    },
  };
  runChain(chain, drafts, arithmetic);
  const barriers = [...new Set(passes)].sort((a, b) => a - b);
  return {buckets: drafts.map(draft => tracedBucket(draft, barriers)), totals: passes.length, barriers};
}

function draftOf(
  jobs: Bucket,
  common: Readonly<Record<string, number>>,
  session: Session,
  byShape: boolean,
): Draft<Traced, BucketTrace> {
  const [first] = jobs;
  const {variable, grad, trains, doWd, hypers} = first;
  const recorder = new Recorder(session, byShape || variable.rank === 0 ? variable.shape : undefined);
  const p = recorder.input('p', 'full');
  const inputs = new Map([['p', p]]);
  const entries: Record<string, Traced | number> = {...common};
  for (const [name, value] of Object.entries(first.entries)) {
    if (typeof value === 'number') entries[name] = value;
    else {
      const input = recorder.input(name, extentIn(first, name, value));
      inputs.set(name, input);
      entries[name] = input;
    }
  }
  return {
    before: p,
    p,
    grad: grad === undefined ? undefined : recorder.input('grad', 'full'),
    trains,
    doWd,
    hypers,
    entries,
    stopped: false,
    of: {recorder, jobs, inputs, terms: []},
  };
}

function isRankZero({home}: Traced): boolean {
  return home?.shape?.length === 0;
}

function termOf(value: Traced, total: number, drafts: ReadonlyArray<Draft<Traced, BucketTrace>>): Traced {
  const draft = drafts.find(({of}) => of.recorder === value.home);
  if (draft === undefined) throw new Untraceable('the term of a total is a total itself');
  if (value.extent === 'full' && !isRankZero(value)) throw new Untraceable('the term of a total must be a scalar');
  const term = value.sum();
  draft.of.terms.push({total, node: term.index});
  return term;
}

function tracedBucket(
  {of: {recorder, jobs, inputs, terms}, p, entries}: Draft<Traced, BucketTrace>,
  barriers: readonly number[],
): TracedBucket {
  const outputs: Output[] = [];
  const numbers: Array<[string, number]> = [];
  const leave = (name: string, value: Traced): void => {
    const before = inputs.get(name);
    if (value === before) return;
    const {index} = value.in(recorder);
    const extent = before?.extent ?? (recorder.shape?.length === 0 ? 'full' : value.extent);
    outputs.push({name, node: index, extent, replaces: before !== undefined});
  };
  leave('p', p);
  for (const [name, value] of Object.entries(entries)) {
    if (typeof value === 'number') numbers.push([name, value]);
    else leave(name, value);
  }
  let {key} = recorder;
  for (const {name, node, extent, replaces} of outputs) key += `>${name}:${node}${extent}${replaces ? '' : '*'};`;
  for (const {total, node} of terms) key += `+${total}:${node};`;
  key += `|${barriers.join()}`;
  return {jobs, graph: {nodes: recorder.nodes, outputs, terms}, key, slots: recorder.slots, numbers};
}
