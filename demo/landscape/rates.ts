/** The learning rate of an optimizer that has none below. */
const USUAL = 0.1;

/**
 * Rates for optimizers that divide by the size of gradients, so that one rate suits all functions. They were seen to
 * move well on Rosenbrock and Himmelblau. They show how an optimizer moves, and compare none.
 */
const RATES: Readonly<Record<string, number>> = {
  rmsProp: 0.02,
  qhAdam: 0.2,
  larc: 0.05,
  lamb: 0.2,
  lion: 0.02,
  prodigy: 1,
  adopt: 0.5,
  mars: 0.05,
  muon: 0.05,
  adagrad: 0.5,
  adadelta: 20,
  adamax: 0.2,
  scheduleFreeRAdam: 0.5,
};

/** Rates of optimizers whose steps are as large as the gradient: each function needs another one. */
const RATES_OF_SGD: Readonly<Record<string, number>> = {
  rosenbrock: 0.001,
  bowl: 0.8,
  beale: 0.01,
  himmelblau: 0.01,
  saddle: 0.1,
  noisy: 0.2,
};
const PROPORTIONAL: readonly string[] = ['sgd', 'scheduleFreeSgd'];

/** Rates of optimizers whose first steps are as large as the gradient, or larger. */
const CAREFUL_RATES: Readonly<Record<string, number>> = {
  rosenbrock: 0.002,
  bowl: 0.1,
  beale: 0.01,
  himmelblau: 0.02,
  saddle: 0.1,
  noisy: 0.1,
};
const CAREFUL: readonly string[] = ['rAdam', 'ranger', 'adaBelief'];

/** A learning rate with which an optimizer moves well on a function. */
export function rateFor(name: string, f: string): number {
  const rates = PROPORTIONAL.includes(name) ? RATES_OF_SGD : CAREFUL.includes(name) ? CAREFUL_RATES : {};
  return rates[f] ?? RATES[name] ?? USUAL;
}
