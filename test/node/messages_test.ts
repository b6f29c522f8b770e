import {inspect} from 'node:util';

import {adam} from '../../src';
import {isLossOfModel} from '../../src/optimizer/left_out_variables';
import {runCommand} from '../support/run_command';
import {tf} from '../support/tfjs';

/** Builds of tfjs-layers that a page or a program may use, minified ones too. */
const BUILDS = ['min', 'es2017.min', 'node'].flatMap(kind => [
  `@tensorflow/tfjs/dist/tf.${kind}.js`,
  `@tensorflow/tfjs-layers/dist/tf-layers.${kind}.js`,
]);

describe('In Node', () => {
  beforeAll(() => tf.setBackend('cpu'));

  it('console.log shows an optimizer in one line, inside other objects too', () => {
    const optimizer = adam(0.01);
    const line = 'Adam: lr 0.01, wd 0.01, mom 0.9, sqrMom 0.99, eps 0.00001; parameters by group: 0; steps: 0';
    expect(inspect(optimizer)).toBe(line);
    expect(inspect({optimizer})).toContain(line);
  });

  it("a model's loss is recognized in every build of tfjs-layers", async () => {
    const {code, stdout, stderr} = await runCommand('npx', 'tsx', 'test/support/losses_of_models.ts', ...BUILDS);
    expect(code).withContext(stderr).toBe(0);
    expect(JSON.parse(stdout.slice(stdout.lastIndexOf('{')))).toEqual(
      Object.fromEntries(BUILDS.map(file => [file, true])),
    );
  });

  it("a user's own loss does not count as a model's", () => {
    const model = tf.sequential({layers: [tf.layers.dense({units: 1, inputShape: [1]})]});
    const mean = (x: tf.Tensor | tf.Tensor[]) => tf.mean(x instanceof tf.Tensor ? x : tf.addN(x)).asScalar();
    expect(isLossOfModel(() => tf.tidy(() => mean(model.predict(tf.ones([1, 1])))))).toBeFalse();
    model.dispose();
  });
});
