import type {Arithmetic} from '../rule/arithmetic';
import {type Chain, commonIn, segmentsOf, takesPart} from '../rule/chain';
import {runChain} from '../rule/run_chain';
import {SharedRun} from '../rule/shared_run';
import {at} from '../util/at';
import {memo} from '../util/memo';
import {isTensor} from '../util/tensors';
import {type Bucket, bucketsOf, extentIn, shapesOf} from './bucket';
import {CallbackUntraceable, entriesOf, type Parts, StartedAlone, type TensorDraft, type TracedDraft} from './draft';
import {neededExtras} from './extras';
import type {Graph, Output} from './graph';
import type {Job} from './job';
import {type Alikeness, Recorder, Session, ShapeRead, type Shapes, Traced, Untraceable} from './traced';

/** What one part of a step computes for the parameters of a bucket. */
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

/** A step, or its part up to a callback that runs alone, as data. */
export interface Trace {
  readonly buckets: readonly TracedBucket[];
  /** The number of totals, which all buckets share. */
  readonly totals: number;
  /** The passes that may start only when every bucket has finished the pass before, in order. */
  readonly barriers: readonly number[];
  /** The callback that must run alone next. Absent where the step is traced to its end. */
  readonly cut?: {
    readonly index: number;
    /** Makes the drafts that it runs on, in the order of the jobs. To be called when the part has run. */
    readonly drafts: () => TensorDraft[];
  };
}

/** What is known of a step before it is traced. */
interface Progress {
  /** Whether the backend fuses reductions along axes. */
  readonly hasAxes: boolean;
  /** Absent where no callback runs alone. */
  readonly parts?: Parts | undefined;
}

/** Ends tracing. Thrown at a callback that must run alone and has not run yet. */
class Cut extends Error {
  constructor(readonly index: number) {
    super(`Callback ${index} has to run alone.`);
  }
}

/** How alike the parameters of a bucket must be. Absent for chains whose callbacks don't depend on shapes. */
const alikenessOf = new WeakMap<Chain, Alikeness>();

/**
 * Runs the callbacks on symbolic values, once per bucket of parameters, as far as `progress` allows. Nothing is
 * changed.
 * @throws CallbackUntraceable where a callback can't be traced, or throws because it did not get real tensors.
 */
export function trace(
  chain: Chain,
  jobs: readonly Job[],
  common: Readonly<Record<string, number>>,
  progress: Progress = {hasAxes: false},
): Trace {
  for (;;) {
    try {
      return traceBuckets(chain, jobs, common, progress, alikenessOf.get(chain) ?? 'any');
    } catch (error) {
      if (!(error instanceof CallbackUntraceable && error.cause instanceof ShapeRead)) throw error;
      alikenessOf.set(chain, error.cause.needed);
    }
  }
}

function traceBuckets(
  chain: Chain,
  jobs: readonly Job[],
  common: Readonly<Record<string, number>>,
  {hasAxes, parts}: Progress,
  alikeness: Alikeness,
): Trace {
  const session = new Session();
  const isSharing = chain.shared.length > 0;
  const drafts = bucketsOf(jobs, alikeness, parts?.sameOutcomes, hasAxes, chain).map(bucket =>
    draftOf(bucket, commonIn(chain, bucket[0].group, common), session, shapesOf(bucket, alikeness, hasAxes)),
  );
  if (chain.canSkip) neededExtras().checkSkippable(chain, drafts, parts?.alone.keys() ?? []);
  const passes: number[] = [];
  const conditions = new Map<Traced, Traced>();
  let running = 0;
  const arithmetic: Arithmetic<Traced, TracedDraft> = {
    isValue: (x): x is Traced => {
      if (isTensor(x)) throw new Untraceable('it made a tensor instead of computing with the values that it got');
      return x instanceof Traced && x.type === 'float';
    },
    sameShape: (a, b) => a.extent === b.extent || isRankZero(a) || isRankZero(b),
    difference: (a, b) => a.sub(b),
    chosen: (condition, then, otherwise) =>
      then.where(
        memo(conditions, condition, () => condition.greater(0)),
        otherwise,
      ),
    shared: new SharedRun(isSharing ? neededExtras().tracedShared(chain, session) : undefined),
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
    enter: (index, draft) => {
      running = index;
      if (draft !== undefined) session.current = draft.of.recorder;
      for (const {of, group} of drafts)
        if (of.opaque.size > 0 && takesPart(chain, index, group)) checkReadable(chain, index, of.opaque);
    },
    runsAlone: index => parts?.alone.has(index) === true,
    runAlone: (index, _, concerned) => {
      if (parts?.takeOver(index, concerned) !== true) throw new Cut(index);
    },
  };
  let cut: Cut | undefined;
  try {
    runChain(chain, drafts, arithmetic, segmentsWith(chain, parts));
  } catch (error) {
    if (error instanceof StartedAlone) throw error;
    if (!(error instanceof Cut)) throw new CallbackUntraceable(running, error);
    cut = error;
  }
  if (chain.canSkip) neededExtras().checkSkips(chain, drafts);
  const barriers = [...new Set(passes)].sort((a, b) => a - b);
  const totals = passes.length;
  if (cut === undefined) {
    const buckets = drafts.map(draft => wholeBucket(draft, barriers));
    // Their graphs read no parameter. The first job only holds what they compute.
    for (const [recorder, outputs] of isSharing
      ? neededExtras().sharedGraphs(chain, arithmetic.shared.after, session)
      : [])
      buckets.push(tracedBucket({recorder, jobs: [at(jobs, 0)], terms: []}, outputs, [], barriers));
    return {buckets, totals, barriers};
  }
  const {index} = cut;
  const crossing = parts?.cutAt(index, drafts);
  if (crossing === undefined) throw cut;
  return {
    buckets: drafts.map((draft, i) => tracedBucket(draft.of, at(crossing.outputs, i), [], barriers)),
    totals,
    barriers,
    cut: {index, drafts: crossing.drafts},
  };
}

function segmentsWith(chain: Chain, parts: Parts | undefined): Chain['segments'] {
  return parts === undefined ? chain.segments : segmentsOf(chain.callbacks, i => parts.alone.has(i));
}

/** @throws where the callback would read state that no graph holds. */
function checkReadable(chain: Chain, index: number, opaque: ReadonlySet<string>): void {
  const entry = entriesOf(chain, index).find(name => opaque.has(name));
  if (entry !== undefined)
    throw new Untraceable(`the state entry '${entry}' must have its parameter's shape or be a scalar`);
}

function draftOf(
  jobs: Bucket,
  common: Readonly<Record<string, number>>,
  session: Session,
  shapes: Shapes,
): TracedDraft {
  const [first] = jobs;
  const {group, grad, trains, doWd, hypers} = first;
  const recorder = new Recorder(session, shapes);
  const p = recorder.input('p', 'full');
  const inputs = new Map([['p', p]]);
  const entries: Record<string, Traced | number> = {...common};
  const opaque = new Set<string>();
  for (const [name, value] of Object.entries(first.entries)) {
    if (typeof value === 'number') {
      entries[name] = value;
      continue;
    }
    const extent = extentIn(first, value, shapes.hasAxes);
    if (extent === undefined) {
      opaque.add(name);
      continue;
    }
    const input = recorder.input(name, extent);
    inputs.set(name, input);
    entries[name] = input;
  }
  return {
    group,
    before: p,
    p,
    update: undefined,
    grad: grad === undefined ? undefined : recorder.input('grad', 'full'),
    trains,
    doWd,
    hypers,
    groups: first.groupNumbers === undefined ? [] : [...new Set(jobs.flatMap(({groupNumbers}) => groupNumbers ?? []))],
    entries,
    stopped: false,
    of: {recorder, jobs, inputs, terms: [], opaque},
  };
}

function isRankZero({home}: Traced): boolean {
  return home?.shape?.length === 0;
}

function termOf(value: Traced, total: number, drafts: readonly TracedDraft[]): Traced {
  const draft = drafts.find(({of}) => of.recorder === value.home);
  if (draft === undefined) throw new Untraceable('the term of a total is a total itself');
  const term = value.sum();
  draft.of.terms.push({total, node: term.index});
  return term;
}

/** A bucket whose step ends: it leaves the parameter, the state and the host numbers. */
function wholeBucket(draft: TracedDraft, barriers: readonly number[]): TracedBucket {
  const {
    of: {recorder, inputs},
    p,
    entries,
  } = draft;
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
  return tracedBucket(draft.of, outputs, numbers, barriers);
}

function tracedBucket(
  {recorder, jobs, terms}: Pick<TracedDraft['of'], 'recorder' | 'jobs' | 'terms'>,
  outputs: readonly Output[],
  numbers: TracedBucket['numbers'],
  barriers: readonly number[],
): TracedBucket {
  let {key} = recorder;
  for (const {name, node, extent, replaces} of outputs) key += `>${name}:${node}${extent}${replaces ? '' : '*'};`;
  for (const {total, node} of terms) key += `+${total}:${node};`;
  key += `|${barriers.join()}`;
  return {jobs, graph: {nodes: recorder.nodes, outputs, terms}, key, slots: recorder.slots, numbers};
}
