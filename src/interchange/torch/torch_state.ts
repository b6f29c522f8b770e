import type {Optimizer} from '../../optimizer/optimizer';
import type {Scalar} from '../../rule/declaration';
import type {StateDict} from '../../state/state_dict';
import {at} from '../../util/at';
import {memo} from '../../util/memo';
import {isTensor} from '../../util/tensors';
import {namesOf} from '../training/chain_parts';
import {type FileGroup, readGroups} from '../training/file_groups';
import {chainedIn, type Held, type Holding, holdingOf} from '../training/held';
import {type NewState, setState} from '../training/new_state';
import {TensorsOfState} from '../training/tensors_of_state';
import {writtenState} from '../training/written_state';
import type {Counterpart} from '../transfer/counterpart';
import {float32, fromDevice, type HostTensor, scalar, type TensorFile} from '../transfer/host_tensor';
import {listed} from '../transfer/listed';
import {type Lossy, problems} from '../transfer/lossy';
import {type Choice, chosenFor, ruleInFile} from './choice';
import {frozenThere} from './frozen_groups';
import {type Alike, classOf, groupThere, hypersHere} from './optimizer_groups';
import type {TorchRule} from './rules';

type Hypers = Holding['hypers'][number];

/**
 * The state of an optimizer as PyTorch has it: the state tensors of each parameter under its counterpart's name, the
 * groups with their hypers, the number of steps, and the position in schedules. Groups are divided by whether decay
 * acts, because PyTorch decays everything in a group. Its classes: see `torchRules`.
 * @throws (rejects) where a parameter has no counterpart, or no class of PyTorch computes the same, unless `lossy`.
 */
export async function torchStateOf(
  optimizer: Optimizer,
  counterparts: readonly Counterpart[],
  {lossy = false}: Lossy = {},
): Promise<TensorFile> {
  const holding = holdingOf(optimizer, counterparts);
  const choices = chosenFor(holding, lossy);
  const ruleOf = (row: number) => choiceIn(choices, holding, row).rule;
  return writtenState(optimizer, holding, dict => ({
    groups: alikeIn(holding, choices).map(alike =>
      groupThere(ruleOf(alike.row), chainedIn(holding, alike.row), alike),
    ),
    stateOf: one => stateThere(ruleOf(one.row), one, dict, at(holding.hypers, one.row)),
  }));
}

/** The state of one parameter, by the entries of PyTorch. Empty where it has made no step. */
async function stateThere(
  {state, count, started, plus, eager}: TorchRule,
  {counterpart: {variable, layout}, index}: Held,
  {state: states, iterations}: StateDict,
  hypers: Hypers,
): Promise<Array<[entry: string, tensor: HostTensor]>> {
  const entries = at(states, index);
  const flag = started === undefined ? undefined : entries[started];
  const isStarted =
    Object.values(state).some(ours => isTensor(entries[ours])) && !(isTensor(flag) && at(await flag.data(), 0) === 0);
  if (!isStarted && eager !== true) return [];
  const read: Array<[string, HostTensor]> = [];
  for (const [theirs, ours] of Object.entries(state)) {
    const tensor = entries[ours];
    if (isStarted && !isTensor(tensor)) throw new Error(`The state '${ours}' of '${variable.name}' is missing.`);
    const host = isTensor(tensor)
      ? await fromDevice(tensor, `${variable.name}/${ours}`)
      : float32(variable.shape, new Float32Array(variable.size));
    read.push([theirs, layout.there(moved(host, hypers, plus, 1))]);
  }
  if (count !== undefined) read.push(['step', scalar(Number(count === 'step' ? (entries['step'] ?? 0) : iterations))]);
  return read;
}

/** The elements with a hyper added so many times. Without a hyper, the tensor as it is. */
function moved(tensor: HostTensor, hypers: Hypers, hyper: string | undefined, times: number): HostTensor {
  if (hyper === undefined) return tensor;
  const by = Number(hypers[hyper]) * times;
  return float32(
    tensor.shape,
    Float32Array.from(tensor.data, value => value + by),
  );
}

function choiceIn(choices: readonly (Choice | undefined)[], {parts}: Holding, row: number): Choice {
  const choice = choices[row % parts.length];
  if (choice === undefined) throw new Error(`The group ${row} must have parameters.`);
  return choice;
}

/** The parameters that PyTorch treats alike. */
function alikeIn({held, hypers}: Holding, choices: readonly (Choice | undefined)[]): Alike[] {
  const found = new Map<string, Alike & {readonly params: string[]}>();
  for (const {row, decays, trains, counterpart} of held) {
    const decaying = decays && choices[row % choices.length]?.decays === true;
    const alike = memo(found, `${row} ${decaying} ${trains}`, () => ({
      row,
      hypers: at(hypers, row),
      params: [],
      decays: decaying,
      frozen: !trains,
    }));
    alike.params.push(counterpart.name);
  }
  return [...found.values()].sort(
    (a, b) => a.row - b.row || Number(b.decays) - Number(a.decays) || Number(a.frozen) - Number(b.frozen),
  );
}

/**
 * Reads the state of an optimizer that `torchStateOf` or Python's `save` wrote. Nothing is changed yet, but the
 * optimizer is given the variables that its next step would give it.
 * @returns a function that gives the optimizer this state, its hypers, frozen groups, step count and schedules. It
 *   throws where the optimizer can't have them; then nothing is changed.
 * @throws where the file has no optimizer; where its class does not compute what the optimizer does; for state that is
 *   missing, of another shape, or of parameters that the optimizer does not have. With `lossy` only what can't be read
 *   at all is an error.
 */
export function readTorchState(
  file: TensorFile,
  optimizer: Optimizer,
  counterparts: readonly Counterpart[],
  {lossy = false}: Lossy = {},
): () => void {
  const {metadata} = file;
  const groups = readGroups(metadata);
  if (groups.length === 0)
    throw new Error(
      'The file has no state of an optimizer. Write it with save(module, optimizer, path), or leave `optimizer` out.',
    );
  const holding = holdingOf(optimizer, counterparts);
  const {problem, done} = problems(lossy, 'what the file and the optimizer do not share is left out');
  const tensors = new TensorsOfState(file, problem);
  const groupOf = new Map(groups.flatMap(group => group.params.map(name => [name, group] as const)));
  const names = new Set(holding.held.map(({counterpart: {name}}) => name));
  const strange = groups.flatMap(({frozen, params}) => (frozen ? [] : params.filter(name => !names.has(name))));
  if (strange.length > 0) problem(`The optimizer in the file trains ${listed(strange)}; this one does not.`);
  const state = new Map<number, NewState>();
  const hypers = holding.hypers.map((now, row) => {
    const mine = holding.held.filter(one => one.row === row);
    const left = mine.filter(({counterpart: {name}, trains}) => trains && !groupOf.has(name));
    if (left.length > 0)
      problem(`The optimizer in the file does not train ${listed(left.map(one => one.counterpart.name))}.`);
    const theirs = new Map<FileGroup, Held[]>();
    for (const one of mine) {
      const group = groupOf.get(one.counterpart.name);
      if (group !== undefined) memo(theirs, group, (): Held[] => []).push(one);
    }
    if (theirs.size === 0) return now;
    const found = readRow(now, row, theirs, {holding, tensors, problem});
    for (const [index, value] of found.state) state.set(index, value);
    return found.hypers;
  });
  tensors.checkAllUsed();
  done();
  const {groups: frozen, flags, frozenIdx} = frozenThere(groupOf, holding);
  return setState(optimizer, {
    state: new Map([...state].map(([index, one]) => [index, {...one, flags: {...one.flags, ...flags.get(index)}}])),
    hypers,
    metadata,
    others: before => ({
      frozen: before.frozen.map((old, row) => frozen.get(row) ?? old),
      frozenIdx: frozenIdx ?? before.frozenIdx,
    }),
  });
}

/** Reads one group of ours. */
function readRow(
  now: Hypers,
  row: number,
  theirs: ReadonlyMap<FileGroup, readonly Held[]>,
  {
    holding,
    tensors,
    problem,
  }: {readonly holding: Holding; readonly tensors: TensorsOfState; readonly problem: (text: string) => void},
): {readonly hypers: Hypers; readonly state: ReadonlyMap<number, NewState>} {
  const chained = chainedIn(holding, row);
  const classes = [...new Set([...theirs.keys()].map(classOf))];
  const cls = at(classes, 0);
  if (classes.length > 1)
    problem(
      `The file has ${classes.join(' and ')} for parameters that ${namesOf(chained.callbacks)} trains here together.`,
    );
  const groups = [...theirs.keys()].filter(group => classOf(group) === cls);
  const rule = ruleInFile(chained, cls, groups, problem);
  const read = hypersHere(rule, chained, now, groups, problem);
  const held = groups.flatMap(group => theirs.get(group) ?? []);
  const isDecaying = held.some(({counterpart: {name}}) => read.decays?.get(name) === true);
  const hypers: Record<string, Scalar> = {
    ...now,
    ...read.hypers,
    // Where PyTorch decays nothing of what decays here, it has a decay of 0.
    ...('wd' in now && read.decays !== undefined && !isDecaying && held.some(one => one.decays) && {wd: 0}),
  };
  const state = new Map(
    held.map((one): [number, NewState] => {
      const found = tensors.of(one, rule, chained);
      const decays = isDecaying ? read.decays?.get(one.counterpart.name) : undefined;
      return [
        one.index,
        {
          tensors: new Map([...found.tensors].map(([ours, tensor]) => [ours, moved(tensor, hypers, rule.plus, -1)])),
          numbers: found.numbers,
          flags: decays === undefined || decays === one.decays ? {} : {doWd: decays},
        },
      ];
    }),
  );
  return {hypers, state};
}
