import {callback, Optimizer} from '../../src';
import {describeBackends, PLACES} from '../support/backends';
import {leakless} from '../support/leakless';
import {present} from '../support/present';
import {tf} from '../support/tfjs';

const sumOfGradients = callback('sumOfGradients', {total: ({grad}) => ({all: grad.sum()})}, ({p, total}) => ({
  p: p.sub(total.all),
}));

// A kernel of tfjs has eight buffers on WebGPU, and reads at most sixteen textures on software WebGL.
const COUNTS = [1, 2, 7, 8, 9, 13, 14, 20, 40];

describeBackends(
  'a total that ordinary operations compute',
  backend => {
    afterEach(() => {
      tf.env().set('OPTIM_FUSING', true);
    });

    it('is the sum over all parameters, however many there are', () =>
      leakless(async () => {
        tf.env().set('OPTIM_FUSING', false);
        for (const count of COUNTS) {
          const variables = Array.from({length: count}, (_, i) => tf.tidy(() => tf.variable(tf.fill([2], i))));
          const optimizer = new Optimizer([sumOfGradients], {params: variables});
          tf.tidy(() => {
            optimizer.applyGradients(variables.map(({name}, i) => ({name, tensor: tf.tensor1d([i, 1])})));
          });
          expect(optimizer.fusedOn).withContext(backend).toContain('eager');
          // 0 + 1 + … + (count - 1), and a 1 per parameter.
          const total = (count * (count - 1)) / 2 + count;
          expect(Array.from(await present(variables.at(-1)).data()))
            .withContext(`${count} parameters`)
            .toEqual([count - 1 - total, count - 1 - total]);
          optimizer.dispose();
          tf.dispose(variables);
        }
      }));
  },
  PLACES,
);
