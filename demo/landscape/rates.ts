/** The learning rate of an optimizer that nobody has tried on these functions. */
const USUAL = 0.1;

/**
 * Learning rates for functions whose map is a few units wide. Most optimizers divide by the size of gradients, so one
 * rate suits all functions. They show how an optimizer moves, and compare none.
 */
const RATES: Readonly<Record<string, number>> = {
  rmsProp: 0.02,
  lion: 0.03,
  lamb: 0.05,
  larc: 0.3,
  prodigy: 1,
  adagrad: 0.5,
  adadelta: 20,
  adaBelief: 0.1,
  adamax: 0.1,
};

/** Rates of optimizers whose steps are as large as the gradient: each function needs another one. */
const RATES_OF_SGD: Readonly<Record<string, number>> = {
  rosenbrock: 0.001,
  bowl: 0.8,
  beale: 0.005,
  himmelblau: 0.005,
  saddle: 0.1,
  noisy: 0.2,
};

/** Optimizers whose steps are proportional to the gradient. */
const PROPORTIONAL: readonly string[] = ['sgd', 'scheduleFreeSgd'];

/** A learning rate with which an optimizer moves well on a function. */
export function rateFor(name: string, f: string): number {
  return (PROPORTIONAL.includes(name) ? RATES_OF_SGD[f] : RATES[name]) ?? USUAL;
}
