// Checked by `npm run typecheck`, never run: what users of `partition` may write, and what the compiler must refuse.
/* eslint-disable @typescript-eslint/no-unsafe-assignment -- What the compiler refuses has no type for the linter. */
import type * as tf from '@tensorflow/tfjs-core';
import type {layers, LayersModel} from '@tensorflow/tfjs-layers';

import type {Lookahead} from '../../src';
import {
  adamW,
  callback,
  clipGlobalNorm,
  ema,
  lookahead,
  type Optimizer as AnyOptimizer,
  Optimizer,
  partition,
  required,
  sgd,
  sgdStep,
} from '../../src';

declare const variable: tf.Variable;
declare const layer: layers.Layer;
declare const model: LayersModel;
declare const train: tf.Optimizer;

const halve = callback('halveOfTypes', {hypers: {share: required}}, ({grad, share}) => ({grad: grad.mul(share)}));

// Parts and their hypers arrive with their types.

const opt = partition([{of: layer, by: sgd(0.1, {mom: 0.9})}, {by: adamW(1e-3)}]);
const momentum: number | undefined = opt.parts[0].hypers[0]?.mom;
opt.parts[0].setHyper('lr', [0.1, 0.2]);
opt.parts[1].setHyper({eps: 1e-8, sqrMom: 0.99});
// @ts-expect-error -- sgd has no eps.
opt.parts[0].setHyper('eps', 1);
// @ts-expect-error -- As above, by name.
opt.parts[0].setHyper({eps: 1});
// @ts-expect-error -- As above, read.
export const noEps = opt.parts[0].hypers[0]?.eps;
// @ts-expect-error -- There are two parts.
export const noPart = opt.parts[2];
opt.setHyper('eps', 1);

// Everything that tells variables can be `of`.

partition([{of: variable, by: sgd()}, {by: sgd()}]);
partition([{of: [layer, variable], by: sgd()}, {of: model, by: adamW()}, {by: sgd()}]);
partition([{of: given => given.rank === 2, by: sgd(), keepMom: true}, {by: sgd()}]);
// @ts-expect-error -- A predicate answers true or false.
partition([{of: (given: tf.Variable) => given.name, by: sgd()}, {by: sgd()}]);
// @ts-expect-error -- A number tells no variables.
partition([{of: 3, by: sgd()}, {by: sgd()}]);

// The list ends with what takes the rest.

// @ts-expect-error -- There must be a part.
partition([]);
// @ts-expect-error -- The last part has no `of`.
partition([{of: layer, by: sgd()}]);
// @ts-expect-error -- A part in the middle has `of`.
partition([{by: sgd()}, {by: sgd()}]);
// @ts-expect-error -- A part has an optimizer.
partition([{of: layer}, {by: sgd()}]);
// @ts-expect-error -- It is one of this package.
partition([{by: train}]);
// @ts-expect-error -- Settings are named.
partition([{by: sgd()}], 0.1);

// Callbacks for all parts bring their hypers to each part.

const clipped = partition([{of: layer, by: sgd()}, {by: new Optimizer([halve, sgdStep], {lr: 0.1, share: 0.5})}], {
  callbacks: [clipGlobalNorm],
  globalClipNorm: 1,
  params: [[layer], [variable]],
  trainBn: false,
  noWd: given => given.rank === 1,
});
clipped.parts[0].setHyper('globalClipNorm', 2);
clipped.parts[1].setHyper('share', 0.2);
// @ts-expect-error -- Only the second part has a share.
clipped.parts[0].setHyper('share', 0.2);
// @ts-expect-error -- No callback has a hyper of this name.
partition([{by: sgd()}], {callbacks: [clipGlobalNorm], clipNorm: 1});

// It is an optimizer, and others can be made over it.

const some: AnyOptimizer = opt;
const slow = lookahead(opt, {k: 5});
slow.parts[1].setHyper('eps', 1);
// @ts-expect-error -- sgd has no eps.
slow.parts[0].setHyper('eps', 1);
const averaged = ema(lookahead(partition([{by: sgd()}])));
averaged.parts[0].setHyper('lr', 1);
// @ts-expect-error -- There is one part.
export const noSecond = averaged.parts[1];
// Over what is not known to be a partition, there may be none.
export const unknownParts: number | undefined = lookahead(some).parts?.length;
// @ts-expect-error -- As above.
export const partsOfAdam = ema(adamW()).parts.length;
const general: Lookahead = slow;

export {general, momentum, some};
