/*
 * The landscape. Its parts:
 *
 * - LandscapeSetup (setup.ts): what the visitor chose. Plain data, from a link (link.ts) or the form (form.ts).
 * - LandscapeFunction (functions.ts): a function of two numbers, with its gradient, its map and its minima.
 * - Race (race.ts): a Descent per optimizer, each with the package's own optimizer and a tf.Variable of two numbers.
 * - Player (player.ts): makes the steps of a race, frame by frame.
 *
 * How data flows: form or link -> setup -> Race -> map.ts, table.ts, the charts, and words.ts for the status line.
 * A changed setup starts another race; nothing of a race changes but its steps.
 */
import * as tf from '@tensorflow/tfjs';

import {at} from '../../examples/support/lookup';
import {LineChart, type Point} from '../shared/chart';
import {CodePanel} from '../shared/copying';
import {element, onPress, setEnabled} from '../shared/dom';
import type {Fields} from '../shared/link';
import {lookOf} from '../shared/look';
import {short} from '../shared/numbers';
import type {View} from '../shared/view';
import {LandscapeForm} from './form';
import {distance} from './functions';
import {fieldsFor, read, usualSetup} from './link';
import {LandscapeMap} from './map';
import {Player} from './player';
import {landscapeProgram} from './program';
import {Race} from './race';
import type {LandscapeSetup} from './setup';
import {DescentTable} from './table';
import {report} from './words';

/** Milliseconds between two drawings of the charts and the table. The map is drawn in each frame. */
const DRAWING_INTERVAL = 150;
/** Curves show values up to this many times that of the start. */
const FAR = 100;
/** Lower values are drawn as this one. Below it, float32 has few digits left. */
const LEAST = 1e-9;

class LandscapeView implements View {
  readonly #changed: () => void;
  /** For screen readers: how each optimizer does. The table shows the same. */
  readonly #status = element('descent-status', HTMLParagraphElement);
  readonly #message = element('descent-message', HTMLParagraphElement);
  readonly #play = element('play', HTMLButtonElement);
  readonly #step = element('descent-step', HTMLButtonElement);
  readonly #map: LandscapeMap;
  readonly #form: LandscapeForm;
  readonly #table = new DescentTable();
  readonly #code: CodePanel;
  readonly #loss = new LineChart(element('value-chart', HTMLDivElement), {
    label: 'Value above the minimum by step',
    x: {format: String},
    y: {log: true, format: short},
  });
  readonly #away = new LineChart(element('distance-chart', HTMLDivElement), {
    label: 'Distance to the nearest minimum by step',
    x: {format: String},
    y: {log: true, format: short},
  });
  readonly #player: Player;
  #setup = usualSetup();
  #race = new Race(this.#setup);
  #drawn = 0;
  #isNew = true;
  #wasPlaying = false;

  constructor(changed: () => void) {
    this.#changed = changed;
    this.#map = new LandscapeMap(
      element('map', HTMLDivElement),
      element('map-values', HTMLParagraphElement),
      start => {
        this.#form.moveStart(start);
      },
    );
    this.#form = new LandscapeForm(this.#setup, setup => {
      this.#change(setup);
    });
    this.#player = new Player(
      this.#setup.speed,
      () => {
        this.#draw(performance.now() - this.#drawn >= DRAWING_INTERVAL);
      },
      () => {
        this.#settle();
      },
    );
    this.#code = new CodePanel(
      'descent',
      () => landscapeProgram(this.#setup),
      message => {
        this.#message.textContent = message;
      },
    );
    onPress(this.#play, () => {
      if (this.#player.playing) {
        this.#player.pause();
        this.#settle();
      } else {
        if (this.#race.finished) this.#restart();
        this.#start();
      }
    });
    onPress(this.#step, () => {
      this.#player.pause();
      if (!this.#race.finished) this.#race.advance();
      this.#settle();
    });
    onPress(element('restart', HTMLButtonElement), () => {
      const wasPlaying = this.#player.playing;
      this.#restart();
      if (wasPlaying) this.#start();
    });
  }

  get fields(): Fields {
    return fieldsFor(this.#setup);
  }

  async enter(fields: Fields | undefined): Promise<readonly string[]> {
    // A point is too small for a GPU. On the CPU its numbers can be read without waiting.
    if (!(await tf.setBackend('cpu'))) throw new Error("The backend 'cpu' did not start in this browser.");
    const {setup, notes} = fields === undefined ? {setup: this.#setup, notes: []} : read(fields);
    const isOther = fields !== undefined && JSON.stringify(setup) !== JSON.stringify(this.#setup);
    const plays = this.#isNew
      ? !matchMedia('(prefers-reduced-motion: reduce)').matches
      : this.#wasPlaying || this.#player.playing;
    this.#wasPlaying = false;
    if (isOther) {
      this.#form.show(setup);
      this.#setup = setup;
      this.#player.speed = setup.speed;
    }
    if (isOther || this.#isNew) this.#restart();
    this.#isNew = false;
    if (plays) this.#start();
    return notes;
  }

  leave(): Promise<void> {
    this.#wasPlaying = this.#player.playing;
    this.#player.pause();
    return Promise.resolve();
  }

  /** The visitor changed the setup. Where a race was seen, another one is run. */
  #change(setup: LandscapeSetup): void {
    const onlySpeed = JSON.stringify({...setup, speed: 0}) === JSON.stringify({...this.#setup, speed: 0});
    this.#setup = setup;
    this.#player.speed = setup.speed;
    if (!onlySpeed) {
      const plays = this.#player.playing || this.#race.finished;
      this.#restart();
      if (plays) this.#start();
    }
    this.#code.refresh();
    this.#changed();
  }

  #start(): void {
    if (this.#race.descents.length === 0) return;
    this.#player.play(this.#race);
    this.#enable();
    this.#message.textContent = '';
    this.#status.textContent = `Running ${this.#race.descents.length} optimizers.`;
  }

  /** Puts all optimizers back to the start. */
  #restart(): void {
    this.#player.pause();
    this.#race.dispose();
    this.#race = new Race(this.#setup);
    this.#map.show(this.#race.f, this.#setup.parameter);
    this.#settle();
  }

  /** The race stands still. */
  #settle(): void {
    this.#enable();
    this.#draw(true);
    this.#status.textContent = this.#race.descents.length === 0 ? 'Choose an optimizer to start.' : report(this.#race);
  }

  #enable(): void {
    const {playing} = this.#player;
    this.#play.textContent = playing ? 'Pause' : this.#race.finished ? 'Play again' : 'Play';
    setEnabled(this.#play, this.#race.descents.length > 0);
    setEnabled(this.#step, this.#race.descents.length > 0 && !this.#race.finished);
  }

  /** @param wholly whether to draw also the charts and the table. */
  #draw(wholly: boolean): void {
    const race = this.#race;
    this.#map.draw(race);
    if (!wholly) return;
    this.#drawn = performance.now();
    element('descent-count', HTMLSpanElement).textContent = `step ${race.step} of ${race.setup.steps}`;
    this.#table.draw(race, !this.#player.playing);
    const xEnd = race.setup.steps;
    this.#loss.draw(
      race.descents.map(({name, values}) => ({
        name,
        look: lookOf(name),
        points: pointsOf(values.map(value => value - race.f.lowest)),
      })),
      {xEnd},
    );
    this.#away.draw(
      race.descents.map(({name, path}) => ({
        name,
        look: lookOf(name),
        points: pointsOf(path.map(point => distance(race.f, point))),
      })),
      {xEnd},
    );
  }
}

/** Points of a curve by step. What has left the start far behind is left out: the others would be a line below it. */
function pointsOf(values: readonly number[]): Point[] {
  const most = FAR * at(values, 0);
  return values.flatMap((y, x) => (y <= most ? [{x, y: Math.max(y, LEAST)}] : []));
}

/** The view that shows how optimizers go down a function of two numbers. */
export async function makeLandscapeView(changed: () => void): Promise<View> {
  if (!(await tf.setBackend('cpu'))) throw new Error("The backend 'cpu' did not start in this browser.");
  return new LandscapeView(changed);
}
