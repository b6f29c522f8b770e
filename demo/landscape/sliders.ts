import {optimizerFor} from './race';

/** How a slider's position becomes the value of a hyper. */
export interface Slider {
  readonly hyper: string;
  readonly label: string;
  readonly least: number;
  readonly most: number;
  /** The value at a position from 0 to `POSITIONS`. */
  readonly valueAt: (position: number) => number;
  readonly positionOf: (value: number) => number;
}

/** The number of steps of a slider. */
export const POSITIONS = 100;

/** The range of learning rates. */
export const RATES = {least: 1e-5, most: 100};

/** The sliders by hyper. Averages have a scale on which 0.9, 0.99 and 0.999 are equally far apart. */
const SLIDERS: readonly Slider[] = [
  logarithmic('lr', 'Learning rate', RATES.least, RATES.most),
  average('mom', 'Momentum'),
  average('sqrMom', 'Average of squares'),
  average('diffMom', 'Average of differences'),
  average('slowMom', 'Slow average'),
  average('mom1d', 'Momentum'),
  average('sqrMom1d', 'Average of squares'),
  average('innerMom', 'Inner momentum'),
  even('nu1', 'Share of the average', 0, 1),
  even('slowWeight', 'Weight of the slow average', 0, 10),
  even('trustCoeff', 'Trust coefficient', 0, 1),
  even('wd', 'Weight decay', 0, 1),
];

/** Hypers that do nothing for a point, or that set only a part which a point does not join. */
const WITHOUT_EFFECT: Readonly<Record<string, readonly string[]>> = {
  mars: ['mom', 'sqrMom'],
  muon: ['mom', 'sqrMom'],
};

/** A hyper of an optimizer that the visitor can set, and its value when it is not set. */
export interface OfferedHyper {
  readonly slider: Slider;
  readonly usual: number;
}

const offered = new Map<string, readonly OfferedHyper[]>();

/** The hypers of an optimizer that have a slider. */
export function hypersOf(name: string): readonly OfferedHyper[] {
  const known = offered.get(name);
  if (known !== undefined) return known;
  // prodigy warns of any other rate than 1.
  const optimizer = optimizerFor(name, {lr: 1});
  const values = optimizer.hypers[0] ?? {};
  optimizer.dispose();
  const hypers = SLIDERS.flatMap(slider => {
    const usual = values[slider.hyper];
    return typeof usual !== 'number' || (WITHOUT_EFFECT[name] ?? []).includes(slider.hyper) ? [] : [{slider, usual}];
  });
  offered.set(name, hypers);
  return hypers;
}

/** Whether the visitor can set a hyper of an optimizer to this value. */
export function isAllowed(name: string, hyper: string, x: number): boolean {
  const found = hypersOf(name).find(({slider}) => slider.hyper === hyper);
  return found !== undefined && x >= found.slider.least && x <= found.slider.most;
}

/** A slider on which equal ways are equal factors. */
export function logarithmic(hyper: string, label: string, least: number, most: number): Slider {
  const ratio = Math.log(most / least);
  return {
    hyper,
    label,
    least,
    most,
    valueAt: position => Number((least * Math.exp((ratio * position) / POSITIONS)).toPrecision(2)),
    positionOf: value => Math.round((POSITIONS * Math.log(value / least)) / ratio),
  };
}

/** A slider on which equal ways are equal differences. */
export function even(hyper: string, label: string, least: number, most: number): Slider {
  return {
    hyper,
    label,
    least,
    most,
    valueAt: position => Number((least + ((most - least) * position) / POSITIONS).toPrecision(3)),
    positionOf: value => Math.round((POSITIONS * (value - least)) / (most - least)),
  };
}

function average(hyper: string, label: string): Slider {
  return {
    hyper,
    label,
    least: 0,
    most: 0.9999,
    valueAt: position => Number((1 - Number((10 ** ((-4 * position) / POSITIONS)).toPrecision(2))).toFixed(6)),
    positionOf: value => Math.round((-POSITIONS * Math.log10(1 - value)) / 4),
  };
}
