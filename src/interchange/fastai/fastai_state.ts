import type * as tf from '@tensorflow/tfjs-core';

import type {Optimizer} from '../../optimizer/optimizer';
import {weightKind} from '../../params/weight_kind';
import type {Callback, OptionDecl, Scalar} from '../../rule/declaration';
import type {StateDict} from '../../state/state_dict';
import {at} from '../../util/at';
import {own} from '../../util/own';
import {isTensor} from '../../util/tensors';
import {checkStateless, entriesOf, valueIn, withState} from '../training/chain_parts';
import {numberAt, readGroups} from '../training/file_groups';
import {type Held, type Holding, holdingOf} from '../training/held';
import {type NewState, setState} from '../training/new_state';
import {TensorsOfState} from '../training/tensors_of_state';
import {writtenState} from '../training/written_state';
import type {Counterpart} from '../transfer/counterpart';
import {fromDevice, type HostTensor, scalar, type TensorFile} from '../transfer/host_tensor';
import {listed} from '../transfer/listed';
import {type Lossy, problems} from '../transfer/lossy';
import {DESCRIBED, type Described, describedIn} from './described';
import {type FastaiCallback, fastaiCallback, HYPERS, LOOKAHEAD, shownCallbacks, STATE} from './names';

const CLASS = 'fastai.optimizer.Optimizer';

/**
 * The state of an optimizer as fastai has it: `state.<parameter>.grad_avg | sqr_avg | step | slow`, the groups with
 * their hypers, and as metadata `fastai` the callbacks, Lookahead's numbers, and the flags of the parameters. It is
 * exact for any optimizer that consists of callbacks of fastai, such as its nine.
 * @throws (rejects) where a parameter has no counterpart, or a callback is not one of fastai, unless `lossy`.
 */
export async function fastaiStateOf(
  optimizer: Optimizer,
  counterparts: readonly Counterpart[],
  {lossy = false}: Lossy = {},
): Promise<TensorFile> {
  const holding = holdingOf(optimizer, counterparts);
  const {problem, done} = problems(lossy, 'what fastai does not have is left out of the file');
  const {callbacks, hypers: ofGroups} = onlyPart(holding);
  const theirs = callbacksThere(callbacks, cb => {
    problem(`fastai has no callback ${withState(cb)}.`);
  });
  const sync = callbacks.find(({name}) => name === LOOKAHEAD);
  return writtenState(optimizer, holding, dict => {
    const {frozen, frozenIdx, common, state} = dict;
    if (frozen.some((how, i) => how === 'wholly' || (how === 'no') !== i >= frozenIdx))
      problem('fastai freezes the first groups only, and leaves those that must train.');
    done();
    const optionOf = (name: string) => Number(valueIn(callbacks, at(ofGroups, 0), name));
    const described: Described = {
      callbacks: theirs,
      // The count is absent before the first step.
      ...(sync && {lookahead: {k: optionOf('k'), alpha: optionOf('alpha'), count: own(common, 'count') ?? 0}}),
      frozen_idx: frozenIdx,
      flags: Object.fromEntries(
        holding.held.map(({counterpart: {name, variable}, decays, trains}) => [
          name,
          {do_wd: decays, force_train: mustTrain(optimizer, variable), requires_grad: trains},
        ]),
      ),
    };
    return {
      groups: ofGroups.map((hypers, row) => ({
        cls: CLASS,
        params: holding.held.filter(one => one.row === row).map(one => one.counterpart.name),
        frozen: false,
        hypers: Object.fromEntries(
          Object.entries(HYPERS).flatMap(([ours, name]) =>
            Object.hasOwn(hypers, ours) ? [[name, hypers[ours]]] : [],
          ),
        ),
      })),
      metadata: {[DESCRIBED]: JSON.stringify(described)},
      stateOf: one => stateThere(one, at(state, one.index), sync !== undefined),
    };
  });
}

/** The callbacks of fastai. @param missing is called for each callback that fastai does not have. */
function callbacksThere(callbacks: readonly Callback[], missing: (cb: Callback) => void): FastaiCallback[] {
  return callbacks.flatMap((cb, i) => {
    // fastai's Lookahead is around everything else.
    if (cb.name === LOOKAHEAD && i === callbacks.length - 1) return [];
    const found = fastaiCallback(cb);
    if (found === undefined) missing(cb);
    return found === undefined ? [] : [found];
  });
}

/** The state of one parameter, by fastai's entries. */
async function stateThere(
  {counterpart: {variable, layout}}: Held,
  entries: StateDict['state'][number],
  isLookahead: boolean,
): Promise<Array<[entry: string, tensor: HostTensor]>> {
  const read: Array<[string, HostTensor]> = [];
  for (const [theirs, ours] of Object.entries({...STATE, ...(isLookahead && {slow: 'slow'})})) {
    const tensor = entries[ours];
    if (isTensor(tensor)) read.push([theirs, layout.there(await fromDevice(tensor, `${variable.name}/${ours}`))]);
  }
  const {step} = entries;
  if (typeof step === 'number') read.push(['step', scalar(step)]);
  return read;
}

/** Whether a parameter trains although its group is frozen. */
function mustTrain(optimizer: Optimizer, variable: tf.Variable): boolean {
  const {forceTrain} = optimizer.state.get(variable);
  if (typeof forceTrain === 'boolean') return forceTrain;
  return optimizer.getConfig()['trainBn'] === true && weightKind(variable) === 'normalization';
}

/**
 * Reads the state of an optimizer that `fastaiStateOf` or Python's `save_fastai` wrote. Nothing is changed yet, but the
 * optimizer is given the variables that its next step would give it.
 * @returns a function that gives the optimizer this state, its hypers, flags, frozen groups, step count and schedules.
 *   It throws where the optimizer can't have them; then nothing is changed.
 * @throws where the file has no optimizer of fastai; where callbacks or groups differ; for state that is missing, of
 *   another shape, or of parameters that the optimizer does not have. With `lossy` only what can't be read at all is an
 *   error.
 */
export function readFastaiState(
  file: TensorFile,
  optimizer: Optimizer,
  counterparts: readonly Counterpart[],
  {lossy = false}: Lossy = {},
): () => void {
  const {metadata} = file;
  if (!Object.hasOwn(metadata, DESCRIBED))
    throw new Error(
      'The file has no state of an optimizer of fastai. Write it with save_fastai(learner, path), or leave ' +
        '`optimizer` out.',
    );
  const described = describedIn(metadata);
  const groups = readGroups(metadata);
  const holding = holdingOf(optimizer, counterparts);
  const {problem, done} = problems(lossy, 'what the file and the optimizer do not share is left out');
  const {callbacks} = onlyPart(holding);
  const strange: Callback[] = [];
  const mine = callbacksThere(callbacks, cb => strange.push(cb));
  checkStateless(strange, problem);
  if (shownCallbacks(mine) !== shownCallbacks(described.callbacks))
    problem(
      `The optimizer in the file has the callbacks ${shownCallbacks(described.callbacks)}; this one has those of ` +
        `${shownCallbacks(mine)}.`,
    );
  const {lookahead} = described;
  const sync = callbacks.find(({name}) => name === LOOKAHEAD);
  const [there, here] = [lookahead, sync?.options].map(shownLookahead);
  if (there !== here) problem(`Lookahead: the file has ${there}; this optimizer has ${here}.`);
  if (groups.length !== holding.hypers.length)
    throw new Error(
      `The optimizer in the file has ${groups.length} parameter groups; this one has ${holding.hypers.length}. ` +
        'Give it `params` with one list for each.',
    );
  const hypers = holding.hypers.map((now, row) => hypersHere(now, at(groups, row).hypers));
  const tensors = new TensorsOfState(file, problem);
  const isCounted = described.callbacks.some(([name]) => name === 'step_stat');
  const declared = entriesOf(callbacks);
  const rule = {
    state: Object.fromEntries(Object.entries(STATE).filter(([, ours]) => declared.has(ours))),
    ...(isCounted && declared.has('step') && {count: 'step' as const}),
  };
  const state = new Map(
    holding.held.map((one): [number, NewState] => {
      const {name} = one.counterpart;
      if (!at(groups, one.row).params.includes(name))
        problem(`The optimizer in the file does not have '${name}' in its group ${one.row}.`);
      const found = tensors.of(one, rule, {callbacks, hypers});
      const slow = tensors.tensor(one, 'slow');
      return [
        one.index,
        {
          tensors:
            slow === undefined || sync === undefined ? found.tensors : new Map([...found.tensors, ['slow', slow]]),
          numbers: found.numbers,
          flags: flagsHere(optimizer, one, own(described.flags, name)),
        },
      ];
    }),
  );
  const names = new Set(holding.held.map(one => one.counterpart.name));
  const left = groups.flatMap(({params}) => params).filter(name => !names.has(name));
  if (left.length > 0) problem(`The optimizer in the file has ${listed(left)}; this one does not.`);
  tensors.checkAllUsed();
  done();
  return setState(optimizer, {
    state,
    hypers,
    metadata,
    others: () => ({
      ...(lookahead && sync && {common: {count: lookahead.count}}),
      frozenIdx: described.frozen_idx,
      frozen: hypers.map((_, row) => (row < described.frozen_idx ? 'unless forced' : 'no')),
    }),
  });
}

function hypersHere(
  now: Readonly<Record<string, Scalar>>,
  theirs: Readonly<Record<string, unknown>>,
): Record<string, Scalar> {
  const read = Object.entries(HYPERS).flatMap(([ours, name]): Array<[string, number]> => {
    const value = numberAt(theirs, [name]);
    return value === undefined || !Object.hasOwn(now, ours) ? [] : [[ours, value]];
  });
  return {...now, ...Object.fromEntries(read)};
}

/** Those flags that differ from what our optimizer does by itself. */
function flagsHere(
  optimizer: Optimizer,
  {decays, counterpart: {variable}}: Held,
  flags: Described['flags'][string] | undefined,
): NewState['flags'] {
  if (flags === undefined) return {};
  const {do_wd: doWd, force_train: forceTrain} = flags;
  return {
    ...(doWd !== decays && {doWd}),
    ...(forceTrain !== mustTrain(optimizer, variable) && {forceTrain}),
  };
}

/** The numbers of a Lookahead as errors show them. */
function shownLookahead(given: Described['lookahead'] | OptionDecl): string {
  return given === undefined ? 'none' : `k ${String(given.k)} and alpha ${String(given.alpha)}`;
}

function onlyPart({parts}: Holding): Holding['parts'][number] {
  if (parts.length > 1)
    throw new Error(
      `fastai has one list of callbacks for all parameters; this optimizer has ${parts.length} parts. ` +
        'PyTorch has an optimizer for each: use toTorch.',
    );
  return at(parts, 0);
}
