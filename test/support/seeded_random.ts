// Makes Math.random repeatable: each spec draws the numbers that follow from its name and from `npm test -- --seed N`.
// TensorFlow.js takes its seeds from there, where an initializer, a dropout or the order of a fit has none. So a spec
// that fails can be repeated, and a run passes or fails for reasons that are in the checkout.
import {randomFrom} from '../../bench/lr_find/random';

const seed = String(process.env.TEST_SEED);

/** A number of 32 bits that the text decides. Source: FNV-1a, Fowler, Noll and Vo. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash;
}

/** Lets Math.random begin again, with the numbers that follow from the name of a spec. */
export function drawFrom(name: string): void {
  Math.random = randomFrom(hashOf(`${seed} ${name}`));
}

// For what the spec files draw while they load.
drawFrom('');
jasmine.getEnv().addReporter({
  specStarted: ({fullName}) => {
    drawFrom(fullName);
  },
});
