import {expectClose} from '../support/close';
import {leakless} from '../support/leakless';
import {present} from '../support/present';
import {tf} from '../support/tfjs';
import {values} from './values';

type Tensor = ReturnType<typeof tf.tensor>;

/** Two recurrent layers, the second of which passes gradients on to the first through its only time step. */
const RECURRENT: Readonly<Record<string, () => tf.layers.Layer[]>> = {
  simpleRNN: () => [tf.layers.simpleRNN({units: 3, returnSequences: true}), tf.layers.simpleRNN({units: 4})],
  lstm: () => [tf.layers.lstm({units: 3, returnSequences: true}), tf.layers.lstm({units: 4, returnSequences: true})],
  gru: () => [tf.layers.gru({units: 3, returnSequences: true}), tf.layers.gru({units: 4, goBackwards: true})],
  bidirectional: () => [
    tf.layers.lstm({units: 3, returnSequences: true}),
    tf.layers.bidirectional({layer: tf.layers.gru({units: 2}), mergeMode: 'concat'}),
  ],
  rnn: () => [tf.layers.gru({units: 3, returnSequences: true}), tf.layers.rnn({cell: tf.layers.lstmCell({units: 2})})],
};

/** Declares specs of gradients through recurrent layers of one time step, on the current backend. */
export function itPassesThroughOneTimeStep(): void {
  for (const [name, layers] of Object.entries(RECURRENT)) {
    it(`of ${name} with one time step are the slope along any direction`, async () => {
      const input = tf.input({shape: [1, 3]});
      const outputs = layers().reduce((x, layer) => {
        const next = layer.apply(x);
        if (!(next instanceof tf.SymbolicTensor)) throw new Error('A layer applied to a symbolic tensor gave none.');
        return next;
      }, input);
      const model = tf.model({inputs: input, outputs});
      const weights = model.getWeights().map((weight, i) => tf.tensor(values(weight.size, i + 1), weight.shape));
      const directions = weights.map((weight, i) => tf.tensor(values(weight.size, i + 50), weight.shape));
      const setWeights = (distance: number, along: readonly Tensor[]): void => {
        tf.tidy(() => {
          model.setWeights(weights.map((weight, i) => weight.add(present(along[i]).mul(distance))));
        });
      };
      setWeights(0, weights);
      const x = tf.tensor(values(15, 90), [5, 1, 3]);
      const loss = () =>
        tf.tidy(() => {
          const [y] = [model.apply(x)].flat();
          if (!(y instanceof tf.Tensor)) throw new Error('A model applied to a tensor must give a tensor.');
          return y.square().mean<tf.Scalar>();
        });
      const numberOf = async (scalar: Tensor): Promise<number> => {
        const [number] = await scalar.data();
        scalar.dispose();
        return present(number);
      };
      await leakless(async () => {
        const product = tf.tidy(() => {
          const {grads} = tf.variableGrads(loss);
          const gradients = model
            .getWeights()
            .flatMap(weight => (weight instanceof tf.Variable ? [grads[weight.name]] : []));
          return directions
            .map((direction, i) => present(gradients[i]).mul(direction).sum())
            .reduce((a, b) => a.add(b));
        });
        const at = async (distance: number): Promise<number> => {
          setWeights(distance, directions);
          return numberOf(loss());
        };
        const slope = ((await at(1e-2)) - (await at(-1e-2))) / 2e-2;
        expectClose(await numberOf(product), slope, 1e-3);
      });
      tf.dispose([x, weights, directions]);
      model.dispose();
    });
  }
}
