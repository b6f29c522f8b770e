/** How charts and tables show an optimizer. */
export interface Look {
  /** The name of a colour in style.css. */
  readonly hue: string;
  /** SVG's `stroke-dasharray`. Related optimizers have the same colour and different dashes. */
  readonly dash: string;
}

const SOLID = 'none';
const DASHED = '6 3';
const DOTTED = '1 3';
const DASH_DOT = '7 3 1 3';
const LONG = '12 3';

/** For an optimizer that the list below does not have. */
const OTHER: Look = {hue: 'orange', dash: DOTTED};

const LOOKS: Readonly<Record<string, Look>> = {
  sgd: {hue: 'green', dash: SOLID},
  larc: {hue: 'green', dash: DASHED},
  lion: {hue: 'green', dash: DASH_DOT},
  adafactor: {hue: 'green', dash: DOTTED},
  rmsProp: {hue: 'orange', dash: SOLID},
  adagrad: {hue: 'orange', dash: DASHED},
  adadelta: {hue: 'orange', dash: DASH_DOT},
  adam: {hue: 'blue', dash: SOLID},
  adamW: {hue: 'blue', dash: DASHED},
  nAdamW: {hue: 'blue', dash: DASH_DOT},
  stableAdamW: {hue: 'blue', dash: DOTTED},
  adamax: {hue: 'blue', dash: LONG},
  rAdam: {hue: 'sky', dash: SOLID},
  qhAdam: {hue: 'sky', dash: DASHED},
  adEMAMix: {hue: 'sky', dash: DASH_DOT},
  laProp: {hue: 'sky', dash: DOTTED},
  adopt: {hue: 'sky', dash: LONG},
  lamb: {hue: 'purple', dash: SOLID},
  adaBelief: {hue: 'purple', dash: DASHED},
  adan: {hue: 'purple', dash: DASH_DOT},
  mars: {hue: 'purple', dash: DOTTED},
  prodigy: {hue: 'purple', dash: LONG},
  ranger: {hue: 'vermilion', dash: SOLID},
  muon: {hue: 'vermilion', dash: DASHED},
  scheduleFreeAdamW: {hue: 'vermilion', dash: DASH_DOT},
  scheduleFreeSgd: {hue: 'vermilion', dash: DOTTED},
  scheduleFreeRAdam: {hue: 'vermilion', dash: LONG},
};

/** The look of the optimizer with this name. */
export function lookOf(name: string): Look {
  return LOOKS[name] ?? OTHER;
}
