/*
 * The digits. The parts:
 *
 * - Setup (setup.ts): what the visitor chose. Plain data, read from the form (setup_form.ts) or a link (link.ts), and
 *   saved as it is.
 * - Entrant (entrants.ts): an optimizer that can take part, with its name and its look. From the package's own table.
 * - Contestant (contestant.ts): an entrant with its model, the Course (course.ts) of its learning rate, its History
 *   and its StepTimes (timing.ts).
 * - Session (session.ts): contestants on the same batches of Digits (digits.ts). round() is one step of each.
 * - Trainer (trainer.ts): the one session of the page and its phase. It trains, pauses, resets, saves and restores
 *   (storage.ts).
 *
 * - Run (run.ts): what charts, table and words show: the session, or the example run (example.ts) before there is one.
 *
 * How data flows:
 *
 * - form -> Setup -> Trainer -> Session -> Contestants -> History -> curves.ts, results_table.ts, drawing_panel.ts
 * - finder_panel.ts -> finder.ts, on a contestant -> a learning rate -> form -> Contestant
 *
 * The visitor's own images are in own/, which own/panel.ts explains.
 *
 * Trainer and what it uses do not know the page. The parts of the view know each other only through this file.
 */
import * as tf from '@tensorflow/tfjs';

import {CodePanel} from '../shared/copying';
import {element, onPress, setEnabled} from '../shared/dom';
import {linkOf} from '../shared/link';
import type {View} from '../shared/view';
import type {NextStep} from './advice';
import {AdvicePanel} from './advice_panel';
import {availableBackends} from './backends';
import {CurveCharts} from './curves';
import {deviceOf, startWith} from './device';
import {loadDigits} from './digits';
import {DrawingPanel} from './drawing_panel';
import {exampleOf} from './example';
import {searchIn} from './finder';
import {FinderPanel, type Search} from './finder_panel';
import {fieldsFor, read} from './link';
import {OwnPanel} from './own/panel';
import {Pace, roughly} from './pace';
import {digitsProgram} from './program';
import {ResultsTable} from './results_table';
import type {Session} from './session';
import {RANGES, type Setup} from './setup';
import {SetupForm} from './setup_form';
import {restore, save, stored} from './storage';
import {type Phase, Trainer} from './trainer';

/** Milliseconds between two drawings of the charts during a training. */
const DRAWING_INTERVAL = 250;

const status = element('status', HTMLParagraphElement);
const progress = element('progress', HTMLProgressElement);
const steps = element('steps', HTMLSpanElement);
const exampleNote = element('example-note', HTMLParagraphElement);
const buttons = {
  train: element('train', HTMLButtonElement),
  step: element('step', HTMLButtonElement),
  reset: element('reset', HTMLButtonElement),
  save: element('save', HTMLButtonElement),
  restore: element('restore', HTMLButtonElement),
};
const TRAIN: Readonly<Record<Phase, string>> = {
  ready: 'Train',
  busy: 'Train',
  training: 'Pause',
  paused: 'Resume',
  finished: 'Train on',
  failed: 'Train',
};

function say(message: string, isError = false): void {
  status.textContent = message;
  status.classList.toggle('error', isError);
}

/** Runs a function. If it fails, the status line shows the error. */
function guarded(act: () => Promise<void>): void {
  act().catch((error: unknown) => {
    say(error instanceof Error ? error.message : String(error), true);
  });
}

/** The view that trains a network on digits with several optimizers side by side. */
export async function makeDigitsView(changed: () => void): Promise<View> {
  const [backends, digits] = await Promise.all([availableBackends(), loadDigits()]);
  const curves = new CurveCharts();
  const results = new ResultsTable();
  const drawing = new DrawingPanel(guarded);

  const example = exampleOf();
  exampleNote.textContent = example.label;
  const pace = new Pace();

  let drawn = 0;
  const draw = () => {
    const {session, phase} = trainer;
    const run = session ?? example.run;
    exampleNote.hidden = session !== undefined;
    curves.draw(run);
    results.draw(run, phase !== 'training');
    drawing.draw(session);
    advice.draw(phase === 'finished' ? session : undefined);
    // Without a training, the bar is empty.
    progress.max = session === undefined ? 1 : session.steps;
    progress.value = session === undefined ? 0 : session.step;
    steps.textContent = session === undefined ? '' : `step ${session.step} of ${session.steps}${left(session)}`;
    drawn = performance.now();
  };
  const left = ({step: now, steps: all}: Session) => {
    const ms = trainer.phase === 'training' ? pace.timeOf(all - now) : undefined;
    return ms === undefined || now === all ? '' : `, ${roughly(ms)} left`;
  };
  const startBackend = (name: string): Promise<void> => startWith(name, change => own.carryOver(change));
  const trainer: Trainer = new Trainer(
    digits,
    {backend: () => tf.getBackend(), start: startBackend, save, stored, restore},
    () => {
      pace.add(performance.now());
      if (performance.now() - drawn >= DRAWING_INTERVAL) draw();
    },
    message => {
      if (message !== '') say(message);
      if (trainer.phase === 'training') pace.begin(performance.now());
      enable();
      draw();
    },
  );
  const form = new SetupForm(
    backends,
    () => {
      enable();
      code.refresh();
      changed();
    },
    (name, lr) => {
      trainer.session?.contestant(name)?.setLr(lr);
    },
  );
  const code = new CodePanel(
    'digits',
    () => {
      const setup = form.read();
      return setup === undefined ? undefined : digitsProgram(setup);
    },
    message => {
      say(message);
    },
  );
  const use = deviceOf(trainer, () => startBackend(form.backend));
  const search: Search = async (name, signal, onStep) => {
    const setup = form.read();
    if (setup === undefined) return undefined;
    const act = () => searchIn(trainer.session, setup, digits, name, signal, onStep);
    return use(`Searching a learning rate for ${name}.`, act, 'The search has finished.');
  };
  const finder = new FinderPanel(search, guarded, (name, lr) => {
    form.setLr(name, lr);
    changed();
  });

  const own: OwnPanel = new OwnPanel({
    session: () => trainer.session,
    use: (message, act) => use(message, act, 'Ready.'),
  });
  const enable = () => {
    const {phase, session, stored} = trainer;
    const free = phase === 'ready' || phase === 'paused' || phase === 'finished';
    form.lock(session !== undefined || phase === 'busy');
    buttons.train.textContent = TRAIN[phase];
    const goesOn = phase === 'finished' && session !== undefined && session.setup.cycles < RANGES.cycles.most;
    setEnabled(buttons.train, phase === 'ready' || phase === 'paused' || phase === 'training' || goesOn);
    setEnabled(buttons.step, phase === 'ready' || phase === 'paused');
    setEnabled(buttons.reset, session !== undefined && phase !== 'busy');
    setEnabled(buttons.save, session !== undefined && (free || phase === 'training'));
    setEnabled(buttons.restore, stored !== undefined && (free || phase === 'failed'));
    finder.offer(form.ours);
    finder.enable(free);
    own.enable(free || phase === 'failed');
  };
  const withSetup = (act: (setup: Setup) => Promise<void>) => {
    const setup = form.read();
    if (setup !== undefined) guarded(() => act(setup));
  };
  const trainOn = () => {
    const session = trainer.addCycle();
    if (session === undefined) return;
    form.show({...session.setup, lrs: session.lrs});
    code.refresh();
    changed();
    guarded(() => trainer.train(session.setup));
  };
  const take = (step: NextStep) => {
    if (step.kind === 'trainOn') trainOn();
    else if (step.kind === 'copy') element('digits-copy', HTMLButtonElement).click();
    else if (step.kind === 'draw') element('held-out', HTMLButtonElement).focus();
    else
      guarded(async () => {
        await trainer.reset();
        form.setLr(step.name, step.lr);
        code.refresh();
        changed();
        withSetup(setup => trainer.train(setup));
      });
  };
  const advice = new AdvicePanel(take);
  onPress(buttons.train, () => {
    if (trainer.phase === 'training') guarded(() => trainer.pause());
    else if (trainer.phase === 'finished') trainOn();
    else withSetup(setup => trainer.train(setup));
  });
  onPress(buttons.step, () => {
    withSetup(setup => trainer.train(setup, 1));
  });
  onPress(buttons.reset, () => {
    guarded(() => trainer.reset());
  });
  onPress(buttons.save, () => {
    guarded(() => trainer.save());
  });
  onPress(buttons.restore, () => {
    guarded(async () => {
      await trainer.restore();
      const {session} = trainer;
      if (session !== undefined) form.show({...session.setup, lrs: session.lrs});
      changed();
    });
  });
  const names = backends.map(({name}) => name);
  let fields = fieldsFor(read(new Map(), names).setup);
  const present = () => {
    // An input that is missing or out of range is not in the link.
    if (form.setup !== undefined) fields = fieldsFor(form.setup);
    return fields;
  };
  // Training works even where the browser has no storage.
  guarded(() => trainer.begin());
  own.begin();
  return {
    get fields() {
      return present();
    },
    async enter(link) {
      await trainer.comeBack();
      if (link === undefined) return [];
      const {setup, notes} = read(link, names);
      if (linkOf(fieldsFor(setup)) === linkOf(present())) return notes;
      if (trainer.occupied) return ['everything, because a training has begun. Press Reset, then open the link again'];
      form.show(setup);
      enable();
      return notes;
    },
    async leave() {
      finder.cancel();
      own.leave();
      await trainer.leave();
    },
  };
}
