import {defined} from '../../examples/support/lookup';
import {aboutOf} from '../shared/about';
import {breakable} from '../shared/breakable';
import {element, html} from '../shared/dom';
import {swatch} from '../shared/swatch';
import type {Backend} from './backends';
import {COURSE_KINDS} from './course';
import {type Entrant, ENTRANTS, YARDSTICK} from './entrants';
import {MODEL_NAMES, type ModelName, MODELS} from './models';
import {CHOSEN, RANGES, type Setup} from './setup';

interface Row {
  readonly entrant: Entrant;
  readonly chosen: HTMLInputElement;
  readonly lr: HTMLInputElement;
}

/** The form in which the visitor chooses the optimizers and how to train. */
export class SetupForm {
  readonly #lrChanged: (name: string, lr: number) => void;
  readonly #form = element('setup', HTMLFormElement);
  readonly #fixed = element('fixed', HTMLFieldSetElement);
  readonly #backend = element('backend', HTMLSelectElement);
  readonly #model = element('model', HTMLSelectElement);
  readonly #modelAbout = element('model-about', HTMLParagraphElement);
  readonly #schedule = element('schedule', HTMLSelectElement);
  readonly #epochs = element('epochs', HTMLInputElement);
  readonly #cycles = element('cycles', HTMLInputElement);
  readonly #batch = element('batch', HTMLInputElement);
  readonly #digits = element('digits', HTMLInputElement);
  readonly #seed = element('seed', HTMLInputElement);
  readonly #optimizers = element('optimizers', HTMLDetailsElement);
  readonly #chosenNames = element('chosen-names', HTMLElement);
  readonly #rows: readonly Row[];
  #locked = false;

  /**
   * @param changed is called when the visitor changed the setup.
   * @param lrChanged is called when a learning rate was set.
   */
  constructor(backends: readonly Backend[], changed: () => void, lrChanged: (name: string, lr: number) => void) {
    this.#lrChanged = lrChanged;
    this.#backend.append(...backends.map(({name, title}) => html('option', {value: name}, title)));
    this.#model.append(...MODEL_NAMES.map(name => html('option', {value: name}, MODELS[name].title)));
    this.#model.addEventListener('change', () => {
      this.#explain();
    });
    for (const [input, {least, most, usual}] of [
      [this.#digits, RANGES.digits],
      [this.#batch, RANGES.batch],
      [this.#epochs, RANGES.epochs],
      [this.#cycles, RANGES.cycles],
      [this.#seed, RANGES.seed],
    ] as const) {
      [input.min, input.max, input.value] = [String(least), String(most), String(usual)];
    }
    this.#rows = ENTRANTS.map(entrant => rowOf(entrant));
    element('entrants', HTMLUListElement).append(
      ...this.#rows.map(({entrant, chosen, lr}) =>
        html(
          'li',
          {},
          html('label', {class: 'choice'}, chosen, swatch(entrant.look), html('span', {}, ...breakable(entrant.name))),
          html('label', {class: 'rate'}, html('span', {class: 'unseen'}, `learning rate of ${entrant.name}`), lr),
          ...(entrant === YARDSTICK ? [] : aboutOf(entrant.name)),
        ),
      ),
    );
    for (const {entrant, chosen, lr} of this.#rows) {
      chosen.addEventListener('change', () => {
        this.#enable();
      });
      lr.addEventListener('change', () => {
        if (lr.reportValidity()) this.#lrChanged(entrant.name, lr.valueAsNumber);
      });
    }
    // On a phone the results come below the list, so it opens when it is asked for. The width is that of style.css.
    const wide = matchMedia('(min-width: 44rem)');
    const fold = () => {
      this.#optimizers.open = wide.matches;
    };
    wide.addEventListener('change', fold);
    fold();
    // The browser shows an input that is wrong only where it is visible.
    this.#optimizers.addEventListener(
      'invalid',
      () => {
        this.#optimizers.open = true;
      },
      {capture: true},
    );
    // After the listeners of the inputs.
    this.#form.addEventListener('change', () => {
      changed();
    });
    this.#form.addEventListener('submit', event => {
      event.preventDefault();
    });
    this.#enable();
  }

  /** The choice. If an input is missing or out of range: undefined, and the browser shows the input. */
  read(): Setup | undefined {
    return this.#form.reportValidity() ? this.#read() : undefined;
  }

  /** The choice. If an input is missing or out of range: undefined. */
  get setup(): Setup | undefined {
    return this.#form.checkValidity() ? this.#read() : undefined;
  }

  get backend(): string {
    return this.#backend.value;
  }

  #read(): Setup {
    const schedule = defined(
      COURSE_KINDS.find(kind => kind === this.#schedule.value),
      `schedule '${this.#schedule.value}'`,
    );
    const lrs = Object.fromEntries(this.#chosen.map(({entrant, lr}) => [entrant.name, lr.valueAsNumber]));
    return {
      backend: this.backend,
      model: this.#chosenModel,
      schedule,
      epochs: this.#epochs.valueAsNumber,
      cycles: this.#cycles.valueAsNumber,
      batch: this.#batch.valueAsNumber,
      digits: this.#digits.valueAsNumber,
      seed: this.#seed.valueAsNumber,
      lrs,
    };
  }

  /** Shows the choice of a restored training. */
  show({backend, model, schedule, epochs, cycles, batch, digits, seed, lrs}: Setup): void {
    this.#backend.value = backend;
    this.#model.value = model;
    this.#schedule.value = schedule;
    for (const [input, value] of [
      [this.#epochs, epochs],
      [this.#cycles, cycles],
      [this.#batch, batch],
      [this.#digits, digits],
      [this.#seed, seed],
    ] as const)
      input.value = String(value);
    for (const {
      entrant: {name},
      chosen,
      lr,
    } of this.#rows) {
      chosen.checked = name in lrs;
      if (lrs[name] !== undefined) lr.value = String(lrs[name]);
    }
    this.#enable();
  }

  /** Locks all inputs but the learning rates. A training that has started needs that. */
  lock(locked: boolean): void {
    if (locked === this.#locked) return;
    this.#locked = locked;
    this.#enable();
  }

  /** Sets a learning rate in the same way as an input of the visitor. */
  setLr(name: string, lr: number): void {
    const row = this.#rows.find(({entrant}) => entrant.name === name);
    if (row === undefined) throw new Error(`The form has no optimizer '${name}'.`);
    row.lr.value = String(lr);
    this.#lrChanged(name, lr);
  }

  /** The names of the chosen optimizers of the package. */
  get ours(): string[] {
    return this.#chosen.map(({entrant: {name}}) => name).filter(name => name !== YARDSTICK.name);
  }

  get #chosenModel(): ModelName {
    const {value} = this.#model;
    return defined(
      MODEL_NAMES.find(name => name === value),
      `model '${value}'`,
    );
  }

  #explain(): void {
    this.#modelAbout.textContent = MODELS[this.#chosenModel].about;
  }

  get #chosen(): Row[] {
    return this.#rows.filter(({chosen}) => chosen.checked);
  }

  #enable(): void {
    this.#explain();
    this.#fixed.disabled = this.#locked;
    this.#chosenNames.textContent = `Chosen: ${this.#chosen.map(({entrant}) => entrant.name).join(', ')}`;
    for (const {entrant, chosen, lr} of this.#rows) {
      chosen.disabled = this.#locked || entrant === YARDSTICK;
      lr.disabled = !chosen.checked;
    }
  }
}

function rowOf(entrant: Entrant): Row {
  const chosen = html('input', {type: 'checkbox', name: 'optimizer', value: entrant.name});
  chosen.checked = entrant === YARDSTICK || CHOSEN.includes(entrant.name);
  return {
    entrant,
    chosen,
    lr: html('input', {
      type: 'number',
      min: '1e-9',
      step: 'any',
      required: '',
      value: String(entrant.lr),
      inputmode: 'decimal',
    }),
  };
}
