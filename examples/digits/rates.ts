/** Learning rates that suit an optimizer. */
interface Rates {
  /** The highest rate of one-cycle. */
  readonly cycle: number;
  /** A rate that does not move. */
  readonly constant: number;
}

/** For an optimizer that nobody has tried on this network: rates of Adam. */
const UNTRIED: Rates = {cycle: 0.01, constant: 0.005};

/**
 * Rates for the network of this folder. Those from `lion` on had nearly the lowest validation loss of a few rates, in
 * two epochs on 2500 digits with one seed. So they are places to start, and compare no optimizers.
 */
const RATES: Readonly<Record<string, Rates>> = {
  sgd: {cycle: 0.2, constant: 0.1},
  rmsProp: {cycle: 0.005, constant: 0.002},
  adam: {cycle: 0.01, constant: 0.005},
  adamW: {cycle: 0.01, constant: 0.005},
  rAdam: {cycle: 0.02, constant: 0.005},
  qhAdam: {cycle: 0.01, constant: 0.005},
  larc: {cycle: 0.5, constant: 0.2},
  lamb: {cycle: 0.03, constant: 0.01},
  ranger: {cycle: 0.03, constant: 0.005},
  lion: {cycle: 0.003, constant: 0.002},
  muon: {cycle: 0.03, constant: 0.01},
  nAdamW: {cycle: 0.02, constant: 0.005},
  stableAdamW: {cycle: 0.03, constant: 0.01},
  prodigy: {cycle: 1, constant: 1},
  adaBelief: {cycle: 0.1, constant: 0.02},
  adan: {cycle: 0.03, constant: 0.01},
  adopt: {cycle: 0.02, constant: 0.005},
  laProp: {cycle: 0.02, constant: 0.005},
  mars: {cycle: 0.03, constant: 0.005},
  adEMAMix: {cycle: 0.03, constant: 0.005},
  adagrad: {cycle: 0.1, constant: 0.02},
  adadelta: {cycle: 10, constant: 3},
  adamax: {cycle: 0.1, constant: 0.01},
  adafactor: {cycle: 0.02, constant: 0.006},
  scheduleFreeAdamW: {cycle: 0.01, constant: 0.01},
  scheduleFreeSgd: {cycle: 1, constant: 1},
  scheduleFreeRAdam: {cycle: 0.1, constant: 0.1},
};

/** Learning rates that suit the optimizer with this name. */
export function ratesFor(name: string): Rates {
  return RATES[name] ?? UNTRIED;
}
