import {at} from '../../../examples/support/lookup';
import {lossOf, ranked} from '../ranking';
import type {Session} from '../session';
import {type Base, Classifier} from './classifier';

/** The training on digits from which a new classifier starts, and how to make one. */
interface Start {
  readonly base: Base;
  readonly make: (classes: number) => Classifier;
}

/** The network of the best optimizer. @throws where no network can be taken: what the visitor must do. */
export function startFrom(session: Session | undefined): Start {
  if (session === undefined || session.step === 0)
    throw new Error('There is no network yet. First press Train above: it learns digits, and then your pictures.');
  const {setup, contestants} = session;
  if (setup.model !== 'conv')
    throw new Error(
      'Only the network with convolutions can learn your pictures. Press Reset above, choose the model Convolutions, ' +
        'and press Train.',
    );
  const best = at(ranked(contestants, 'accuracy'), 0);
  const {name} = best.entrant;
  if (!Number.isFinite(lossOf(best)))
    throw new Error(`${name} has diverged. Press Reset above, choose a lower learning rate, and press Train.`);
  const base = {setup: {...setup, lrs: session.lrs}, name, step: session.step};
  return {base, make: classes => best.shown(model => Classifier.from(model, base, classes))};
}
