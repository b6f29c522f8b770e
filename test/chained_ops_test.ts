import {registerChainedOps} from '../src/rule/chained_ops';
import {operationNames, operations} from '../src/rule/operations';
import {describeBackends} from './support/backends';
import {present} from './support/present';
import {tf} from './support/tfjs';

const REDUCTIONS = ['sum', 'mean', 'max'];
const ALL = [...operationNames, ...REDUCTIONS, 'zerosLike', 'onesLike', 'any', 'where'];

/** The results of all chained methods. */
function results(): Array<readonly [name: string, values: unknown]> {
  let found: Array<readonly [name: string, values: unknown]> = [];
  tf.tidy(() => {
    const [x, y] = [tf.tensor1d([0.5, 1, 2]), tf.tensor1d([2, 1, 0.25])];
    const condition = tf.tensor1d([true, false, true], 'bool');
    const called = (of: tf.Tensor, name: string, ...args: readonly unknown[]) => {
      const method: unknown = Reflect.get(of, name);
      const result: unknown = typeof method === 'function' ? Reflect.apply(method, of, args) : undefined;
      if (!(result instanceof tf.Tensor)) throw new Error(`${name} must return a tensor.`);
      return [name, [result.dtype, [...result.dataSync()]]] as const;
    };
    const ofTable = operationNames.map(name => {
      const [own, ...others] = operations[name].args.map(kind => (kind === 'bool' ? condition : x));
      return called(present(own), name, ...others.map(other => (other === x ? y : condition.logicalNot())));
    });
    found = [
      ...ofTable,
      ...[...REDUCTIONS, 'zerosLike', 'onesLike'].map(name => called(x, name)),
      called(condition, 'any'),
      called(x, 'greaterEqual', 1),
      called(x, 'add', 1),
      called(x, 'where', condition, y),
      called(x, 'where', condition, 0),
    ];
  });
  return found;
}

describeBackends(
  'Tensors of tfjs-core, which alone has no chained methods,',
  () => {
    it('get those that callbacks use, with the same results', () => {
      const {prototype} = tf.Tensor;
      const own = Object.getOwnPropertyDescriptors(prototype);
      const before = results();
      try {
        for (const name of ALL) {
          expect(Reflect.deleteProperty(prototype, name)).withContext(name).toBeTrue();
          expect(name in prototype)
            .withContext(name)
            .toBeFalse();
        }
        registerChainedOps();
        expect(results()).toEqual(before);
      } finally {
        Object.defineProperties(prototype, own);
      }
    });

    it('keep those that they have', () => {
      const {add} = Object.getOwnPropertyDescriptors(tf.Tensor.prototype);
      registerChainedOps();
      expect(Object.getOwnPropertyDescriptors(tf.Tensor.prototype).add).toEqual(add);
    });
  },
  ['cpu'],
);
