import {optimizers} from 'tfjs-optim';

import {defined} from '../../examples/support/lookup';
import {aboutOf} from '../shared/about';
import {breakable} from '../shared/breakable';
import {element, html} from '../shared/dom';
import {lookOf} from '../shared/look';
import {swatch} from '../shared/swatch';
import {functionNamed, FUNCTIONS, type Parameter} from './functions';
import {NOTES} from './notes';
import {rateFor} from './rates';
import {type Hypers, isScheduleName, type LandscapeSetup, SCHEDULES, SPEEDS, STEPS} from './setup';
import {even, hypersOf, logarithmic, type OfferedHyper, POSITIONS, type Slider} from './sliders';

interface Row {
  readonly name: string;
  readonly chosen: HTMLInputElement;
  readonly sliders: HTMLElement;
}

/** The form in which the visitor chooses the function, the optimizers and their hypers. */
export class LandscapeForm {
  readonly #changed: (setup: LandscapeSetup) => void;
  readonly #f = element('f', HTMLSelectElement);
  readonly #about = element('f-about', HTMLParagraphElement);
  readonly #parameter = element('f-parameter', HTMLDivElement);
  readonly #schedule = element('descent-schedule', HTMLSelectElement);
  readonly #speed = element('speed', HTMLSelectElement);
  readonly #steps = element('descent-steps', HTMLInputElement);
  readonly #x = element('start-x', HTMLInputElement);
  readonly #y = element('start-y', HTMLInputElement);
  readonly #rows: readonly Row[];
  /** The hypers that each optimizer's sliders show. */
  readonly #shown = new Map<string, Hypers | undefined>();
  #setup: LandscapeSetup;

  /** @param changed is called when the visitor chose something. */
  constructor(setup: LandscapeSetup, changed: (setup: LandscapeSetup) => void) {
    this.#changed = changed;
    this.#setup = setup;
    this.#f.append(...FUNCTIONS.map(({name, title}) => html('option', {value: name}, title)));
    this.#schedule.append(...Object.entries(SCHEDULES).map(([name, {title}]) => html('option', {value: name}, title)));
    this.#speed.append(...SPEEDS.map(speed => html('option', {value: String(speed)}, `${speed} steps per second`)));
    this.#rows = optimizers.map(({name}) => this.#row(name));
    this.#listen();
    this.show(setup);
  }

  /** Shows a setup that did not come from the form. */
  show(setup: LandscapeSetup): void {
    this.#setup = setup;
    const {f, parameter, start, steps, schedule, speed} = setup;
    const {about, parameter: named} = defined(functionNamed(f), `function '${f}'`);
    this.#f.value = f;
    this.#about.textContent = about;
    this.#parameter.replaceChildren(...(named === undefined ? [] : this.#parameterSlider(named, parameter)));
    this.#schedule.value = schedule;
    this.#speed.value = String(speed);
    this.#steps.value = String(steps);
    [this.#x.value, this.#y.value] = [String(start[0]), String(start[1])];
    for (const {name, chosen, sliders} of this.#rows) {
      const hypers = setup.optimizers[name];
      chosen.checked = hypers !== undefined;
      // Sliders that stay as they are keep the focus.
      if (hypers === this.#shown.get(name)) continue;
      this.#shown.set(name, hypers);
      sliders.replaceChildren(...(hypers === undefined ? [] : this.#slidersFor(name, hypers)));
    }
  }

  /** Shows the start that was moved on the map. */
  moveStart(start: LandscapeSetup['start']): void {
    [this.#x.value, this.#y.value] = [String(start[0]), String(start[1])];
    this.#change({start});
  }

  #change(part: Partial<LandscapeSetup>): void {
    this.#setup = {...this.#setup, ...part};
    this.#changed(this.#setup);
  }

  #listen(): void {
    this.#f.addEventListener('change', () => {
      this.#chooseFunction();
    });
    this.#schedule.addEventListener('change', () => {
      const {value} = this.#schedule;
      if (isScheduleName(value)) this.#change({schedule: value});
    });
    this.#speed.addEventListener('change', () => {
      this.#change({speed: Number(this.#speed.value)});
    });
    [this.#steps.min, this.#steps.max] = [String(STEPS.least), String(STEPS.most)];
    this.#steps.addEventListener('change', () => {
      if (this.#steps.reportValidity()) this.#change({steps: this.#steps.valueAsNumber});
    });
    for (const input of [this.#x, this.#y])
      input.addEventListener('change', () => {
        if (input.reportValidity()) this.#change({start: [this.#x.valueAsNumber, this.#y.valueAsNumber]});
      });
  }

  /** Another function has another start, and other rates unless the visitor moved them. */
  #chooseFunction(): void {
    const before = this.#setup.f;
    const f = defined(functionNamed(this.#f.value), `function '${this.#f.value}'`);
    const moved = Object.entries(this.#setup.optimizers).map(([name, hypers]): [string, Hypers] => [
      name,
      hypers['lr'] === rateFor(name, before) ? {...hypers, lr: rateFor(name, f.name)} : hypers,
    ]);
    // A function without a parameter has 0.
    const parameter = f.parameter?.usual ?? 0;
    this.show({...this.#setup, f: f.name, parameter, start: f.start, optimizers: Object.fromEntries(moved)});
    this.#changed(this.#setup);
  }

  #choose(name: string, chosen: boolean): void {
    const others = without(this.#setup.optimizers, name);
    const all = chosen ? {...others, [name]: {lr: rateFor(name, this.#setup.f)}} : others;
    // In the order of the table, whatever the order of the clicks.
    const sorted = optimizers.flatMap(({name: each}) => {
      const hypers = all[each];
      return hypers === undefined ? [] : [[each, hypers] as const];
    });
    this.show({...this.#setup, optimizers: Object.fromEntries(sorted)});
    this.#changed(this.#setup);
  }

  #row(name: string): Row {
    const chosen = html('input', {type: 'checkbox', value: name});
    const sliders = html('div', {class: 'sliders'});
    const note = NOTES[name];
    const [button, facts] = aboutOf(name, 'landscape-');
    if (note !== undefined) facts.prepend(html('dt', {}, 'Here'), html('dd', {}, note));
    const choice = html(
      'label',
      {class: 'choice'},
      chosen,
      swatch(lookOf(name)),
      html('span', {}, ...breakable(name)),
    );
    element('descenders', HTMLUListElement).append(html('li', {}, choice, button, facts, sliders));
    chosen.addEventListener('change', () => {
      this.#choose(name, chosen.checked);
    });
    return {name, chosen, sliders};
  }

  /** The learning rate, and the other hypers below a line that opens. */
  #slidersFor(name: string, hypers: Hypers): HTMLElement[] {
    const offered = hypersOf(name);
    const made = offered.map(one => this.#hyperSlider(name, one, hypers[one.slider.hyper] ?? one.usual));
    const [rate, ...others] = made;
    return [
      ...(rate === undefined ? [] : [rate]),
      ...(others.length === 0
        ? []
        : [html('details', {}, html('summary', {}, 'More settings ', unseen(`of ${name}`)), ...others)]),
    ];
  }

  #hyperSlider(name: string, {slider, usual}: OfferedHyper, value: number): HTMLElement {
    return slide(slider, ` of ${name}`, value, x => {
      const before = defined(this.#setup.optimizers[name], `setup of ${name}`);
      // Only what differs from the defaults is in links and programs.
      const hypers: Hypers =
        slider.hyper !== 'lr' && x === usual ? without(before, slider.hyper) : {...before, [slider.hyper]: x};
      this.#shown.set(name, hypers);
      this.#change({optimizers: {...this.#setup.optimizers, [name]: hypers}});
    });
  }

  #parameterSlider({name, label, about, least, most, log}: Parameter, value: number): HTMLElement[] {
    const slider = (log ? logarithmic : even)(name, label, least, most);
    return [
      slide(slider, '', value, parameter => {
        this.#change({parameter});
      }),
      html('p', {class: 'note'}, about),
    ];
  }
}

/** A slider with its name and its value. */
function slide(slider: Slider, of: string, value: number, moved: (value: number) => void): HTMLElement {
  const output = html('span', {class: 'amount', 'aria-hidden': 'true'}, String(value));
  const input = html('input', {
    type: 'range',
    min: '0',
    max: String(POSITIONS),
    step: '1',
    value: String(slider.positionOf(value)),
    'aria-label': slider.label + of,
    'aria-valuetext': String(value),
  });
  input.addEventListener('input', () => {
    const x = slider.valueAt(input.valueAsNumber);
    output.textContent = String(x);
    input.setAttribute('aria-valuetext', String(x));
    moved(x);
  });
  return html('label', {class: 'slide'}, html('span', {}, slider.label), output, input);
}

function unseen(text: string): HTMLElement {
  return html('span', {class: 'unseen'}, text);
}

function without<T>(record: Readonly<Record<string, T>>, key: string): Readonly<Record<string, T>> {
  return Object.fromEntries(Object.entries(record).filter(([other]) => other !== key));
}
