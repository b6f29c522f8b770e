import {readFileSync} from 'node:fs';

import {
  accumulate,
  adam,
  clipGradNorm,
  ema,
  larc,
  lookahead,
  type Optimizer,
  optimizers,
  rmsProp,
  sgd,
} from '../../src';
import {plans} from '../../src/fuse';
import {dispatchesOf, leastTotals} from '../../src/fuse/shader/dispatches';
import {WEBGL1, WEBGL2} from '../../src/fuse/webgl/dialects';
import {dispatchShader as glsl} from '../../src/fuse/webgl/shader';
import {dispatchShader as wgsl, LANES, WORKGROUP} from '../../src/fuse/webgpu/shader';
import {describeBackends} from '../support/backends';
import {present} from '../support/present';
import {tf} from '../support/tfjs';

/**
 * What every optimizer computed before a change that must not alter it: per optimizer its `graph()`, and a checksum of
 * the texts of all shaders that its plans become.
 */
const RECORDED = 'test/golden/graphs.txt';

/** Every row, and the variants that compute something else. Rows that came later are not recorded. */
const VARIANTS: Readonly<Record<string, () => Optimizer>> = {
  ...Object.fromEntries(optimizers.map(({name, make}) => [name, (): Optimizer => make(0.01)])),
  'sgd, momentum': () => sgd(0.01, {mom: 0.9}),
  'sgd, momentum, L2': () => sgd(0.01, {mom: 0.9, wd: 0.1, decoupleWd: false}),
  'rmsProp, momentum': () => rmsProp(0.01, {mom: 0.9}),
  'larc, no clip': () => larc(0.01, {clip: false}),
  'larc, no momentum': () => larc(0.01, {mom: 0}),
  'adam, clipping, accumulating': () => adam(0.01, {callbacks: [...accumulate(2), clipGradNorm], clipNorm: 1}),
  'lookahead of sgd': () => lookahead(sgd(0.01), {k: 2}),
  'ema of adam': () => ema(adam(0.01)),
};

/** FNV-1a over UTF-16 (Fowler, Noll & Vo, 1991). */
function checksum(text: string): string {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return (hash >>> 0).toString(16);
}

/** The texts of all shaders of the plans with these keys. */
function shaderTexts(keys: readonly string[]): string {
  return keys
    .flatMap(key => {
      const plan = present(plans.get(key));
      const totals = leastTotals(plan);
      const stored = plan.inputs.map(() => 'alike' as const);
      return [
        ...[WEBGL1, WEBGL2].flatMap(dialect =>
          dispatchesOf(plan, totals, 4, false).map(
            dispatch => glsl(dialect, plan, dispatch, ['matrix', ...stored], true).fragments,
          ),
        ),
        ...dispatchesOf(plan, totals, WORKGROUP, true).flatMap(dispatch =>
          LANES.map(lanes => wgsl(plan, dispatch, lanes)),
        ),
      ];
    })
    .join('\n');
}

function computedBy(make: () => Optimizer): string {
  plans.clear();
  const lookup = spyOn(plans, 'get').and.callThrough();
  return tf.tidy(() => {
    const variables = [tf.variable(tf.ones([2, 3])), tf.variable(tf.ones([4])), tf.variable(tf.scalar(1))];
    const optimizer = make();
    const graphs: string[] = [];
    for (let step = 0; step < 6; step++) {
      optimizer.applyGradients(variables.map(({name, shape}) => ({name, tensor: tf.fill(shape, 0.5)})));
      // Names of variables count up from spec to spec.
      const graph = optimizer.graph().replace(/^[\d, ]+:$/gm, 'parameters:');
      if (!graphs.includes(graph)) graphs.push(graph);
    }
    const used = lookup.calls.allArgs().map(([key]) => key);
    // In the order of their last use.
    const shaders = checksum(shaderTexts([...new Set(used.reverse())].reverse()));
    optimizer.dispose();
    tf.dispose(variables);
    return `shaders ${shaders}\n${graphs.join('\n')}`;
  });
}

describeBackends(
  'what optimizers compute',
  () => {
    const [, ...sections] = readFileSync(RECORDED, 'utf8').split(/^## /m);
    for (const section of sections) {
      const [name = ''] = section.split('\n');
      it(`is as recorded for ${name}`, () => {
        expect(`${name}\n${computedBy(present(VARIANTS[name]))}`).toBe(section);
      });
    }
  },
  ['wasm'],
);
