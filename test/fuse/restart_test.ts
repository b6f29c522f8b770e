import {lamb, type Optimizer} from '../../src';
import {describeBackends} from '../support/backends';
import {expectClose} from '../support/close';
import {leakless} from '../support/leakless';
import {restartBackend, restartWasm} from '../support/restart';
import {tf} from '../support/tfjs';

function trained(optimizer: Optimizer): Float32Array {
  const variable = tf.tidy(() => tf.variable(tf.linspace(-1, 1, 37)));
  for (let i = 0; i < 3; i++) {
    tf.tidy(() => {
      optimizer.applyGradients({[variable.name]: tf.sin(variable)});
    });
  }
  const values = variable.dataSync<'float32'>().slice();
  variable.dispose();
  return values;
}

describeBackends(
  'a fused step on a restarted backend',
  backend => {
    // Other specs may have left variables on backends that were removed since; tfjs can't dispose these.
    beforeAll(() => {
      tf.disposeVariables();
    });

    const restarts: ReadonlyArray<readonly [how: string, restart: () => Promise<unknown>]> = [
      [
        'by ENGINE.reset',
        async () => {
          tf.engine().reset();
          await tf.setBackend(backend);
        },
      ],
      ['after removeBackend', () => restartBackend(backend)],
      ...(backend === 'wasm' ? [["in tfjs's build without vectors", () => restartWasm({simd: false})] as const] : []),
    ];
    for (const [how, restart] of restarts) {
      it(`works ${how}`, async () => {
        const optimizer = lamb(0.1);
        const before = trained(optimizer);
        optimizer.dispose();
        await restart();
        await leakless(() => {
          const other = lamb(0.1);
          expectClose(trained(other), before, 0);
          expect(other.fusedOn).toBe(backend);
          other.dispose();
        });
      });
    }

    it('takes an optimizer from before ENGINE.reset, whose variables are gone', async () => {
      const optimizer = lamb(0.1);
      const before = trained(optimizer);
      tf.engine().reset();
      await tf.setBackend(backend);
      expectClose(trained(optimizer), before, 0);
      expect(optimizer.fusedOn).toBe(backend);
      optimizer.dispose();
    });

    afterAll(async () => {
      if (backend === 'wasm') await restartWasm({simd: true});
    });
  },
  ['cpu', 'wasm'],
);
