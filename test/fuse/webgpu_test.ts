import {adam, type Callback, callback, lamb, larc, Optimizer, required, scalar, type Value, zeros} from '../../src';
import {describeBackends} from '../support/backends';
import {expectClose} from '../support/close';
import {leakless} from '../support/leakless';
import {present} from '../support/present';
import {methodCalls, replaceMethod} from '../support/replace_method';
import {tf} from '../support/tfjs';
import {webgpu} from '../support/webgpu';

type Results = Record<string, number[]>;

const SHAPES = [[], [7], [3, 5], [2, 1, 3, 2, 3], [300], [0]];

function valuesOf(shape: readonly number[]): tf.Tensor {
  return tf.tensor(
    Array.from({length: tf.util.sizeFromShape([...shape])}, (_, i) => Math.sin(i + 1)),
    [...shape],
    'float32',
  );
}

async function trained(make: () => Optimizer, shapes: readonly number[][] = SHAPES, steps = 2): Promise<Results> {
  const variables = shapes.map(shape => tf.tidy(() => tf.variable(valuesOf(shape))));
  const optimizer = make();
  for (let step = 0; step < steps; step++) {
    tf.tidy(() => {
      optimizer.applyGradients(
        variables.map(variable => ({
          name: variable.name,
          tensor: valuesOf(variable.shape)
            .mul(0.5)
            .add(step - 1),
        })),
      );
    });
  }
  if (tf.env().getBool('OPTIM_FUSING')) expect(optimizer.fusedOn).toBe('webgpu');
  const results: Results = {};
  for (const [i, variable] of variables.entries()) {
    results[`p${i}`] = [...(await variable.data())];
    for (const [name, value] of Object.entries(optimizer.state.get(variable))) {
      if (value instanceof tf.Tensor) results[`${name}${i}`] = [...(await value.data())];
    }
  }
  optimizer.dispose();
  tf.dispose(variables);
  return results;
}

async function expectAsEager(make: () => Optimizer, tolerance = 1e-6, shapes = SHAPES): Promise<void> {
  const fused = await trained(make, shapes);
  tf.env().set('OPTIM_FUSING', false);
  const eager = await trained(make, shapes);
  tf.env().set('OPTIM_FUSING', true);
  expect(Object.keys(fused)).toEqual(Object.keys(eager));
  for (const [name, values] of Object.entries(eager)) expectClose(present(fused[name]), values, tolerance, name);
}

const plain = callback('plainStep', {}, ({p, grad}) => ({p: p.sub(grad)}));
const everyOperation = callback('everyOperation', {}, ({p, grad}) => {
  const some: Value[] = [
    p.add(grad),
    p.sub(grad),
    p.mul(grad),
    p.div(grad.abs().add(1)),
    p.maximum(grad),
    p.minimum(grad),
    p.abs().pow(1.5),
    p.pow(3),
    p.abs().sqrt(),
    p.square(),
    p.neg(),
    p.sign(),
    p.exp(),
    p.abs().add(1).log(),
    p.tanh(),
    p.mul(20).tanh(),
    p.softplus(),
    p.mul(20).softplus(),
    p.mul(-20).softplus(),
    p.zerosLike(),
    p.onesLike(),
    p.where(p.less(grad), grad),
    p.where(p.lessEqual(grad), 1),
    p.where(p.greater(grad), grad),
    p.where(p.greaterEqual(grad), 2),
    p.where(p.equal(grad), 3),
    p.where(p.less(0).logicalAnd(grad.less(0)), 4),
    p.where(p.less(0).logicalOr(grad.less(0)), 5),
    p.where(p.less(0).logicalNot(), 6),
  ];
  return {p: some.reduce((sum, value, i) => sum.add(value.mul(1 + i / 8))).mul(1 / 64)};
});

describeBackends(
  'a step fused on WebGPU',
  () => {
    const norms = callback('normsGpu', {state: {norm: scalar, memory: zeros}}, ({p, grad, norm, memory}) => ({
      p: p.sub(memory.mul(norm)),
      memory: memory.add(grad),
      norm: norm.mul(0.5).add(grad.square().mean().sqrt()),
    }));
    const clipped = callback(
      'clippedGpu',
      {hypers: {maxNorm: required}, total: ({grad}) => ({sq: grad.square().sum(), mean: grad.mean()})},
      ({grad, maxNorm, total}) => ({grad: grad.mul(total.sq.sqrt().div(maxNorm).maximum(1).pow(-1)).add(total.mean)}),
    );
    // The sums of the second pass are stored between those of the first.
    const between = callback('betweenGpu', {}, ({p, grad}) => ({
      p: p.sub(grad.mul(grad.square().sum().sqrt())).add(p.mean()),
    }));
    const rules: Readonly<Record<string, readonly [make: () => Optimizer, shapes?: number[][]]>> = {
      'adam with decay': [() => adam(0.1, {wd: 0.1})],
      lamb: [() => lamb(0.1, {wd: 0.1})],
      'larc, which writes a number with the elements': [() => larc(0.1, {wd: 0.1})],
      'every operation': [() => new Optimizer<readonly Callback[]>([everyOperation], {}), [[], [7], [2, 3, 4]]],
      'scalar state': [() => new Optimizer<readonly Callback[]>([norms], {}), [[3, 5], [7]]],
      'sums in several passes': [
        () => new Optimizer<readonly Callback[]>([clipped, between], {maxNorm: 0.5}),
        [[3, 5], [], [300]],
      ],
      'a total over several classes': [
        () => new Optimizer<readonly Callback[]>([clipped, plain], {maxNorm: 0.5}),
        [[3, 5], [], [300]],
      ],
    };
    for (const [name, [make, shapes]] of Object.entries(rules)) {
      // tfjs's sums are exact to a few units only.
      it(`computes the same as an eager step: ${name}`, () => leakless(() => expectAsEager(make, 3e-6, shapes)));
    }

    it('is NaN where an operand is NaN', async () => {
      const odd = callback('oddGpu', {}, ({p, grad}) => ({p: p.maximum(grad).add(p.neg().log().where(p.less(2), 0))}));
      const variable = tf.tidy(() => tf.variable(tf.tensor1d([NaN, 1, 3, 4])));
      const gradient = tf.tensor1d([1, 1, NaN, 5]);
      const optimizer = new Optimizer([odd], {});
      optimizer.applyGradients([{name: variable.name, tensor: gradient}]);
      expect([...(await variable.data())]).toEqual([NaN, NaN, NaN, 5]);
      tf.dispose([variable, gradient]);
      optimizer.dispose();
    });

    it('sums many elements almost as exactly as float64', async () => {
      const values = Float32Array.from({length: 70001}, (_, i) => Math.sin(i) + 0.25);
      const variable = tf.tidy(() => tf.variable(tf.tensor1d(values)));
      const gradient = tf.tensor1d(values);
      const optimizer = new Optimizer(
        [callback('sumsGpu', {}, ({p, grad}) => ({p: p.mul(0).add(grad.square().sum().sqrt()).add(grad.mean())}))],
        {},
      );
      optimizer.applyGradients([{name: variable.name, tensor: gradient}]);
      const sum = values.reduce((a, b) => a + b, 0);
      expectClose(
        (await variable.data()).slice(-1),
        [Math.sqrt(values.reduce((a, b) => a + b * b, 0)) + sum / values.length],
        1e-6,
      );
      tf.dispose([variable, gradient]);
      optimizer.dispose();
    });

    it('takes one dispatch per parameter, compiles nothing for new shapes, and allocates nothing', () => {
      const optimizer = adam(0.1);
      const counts = {dispatches: 0, pipelines: 0, buffers: 0};
      const {device} = webgpu();
      const step = (shapes: readonly number[][]): void => {
        tf.tidy(() => {
          const variables = shapes.map(shape => tf.variable(tf.ones(shape)));
          const gradients = variables.map(variable => ({name: variable.name, tensor: tf.ones(variable.shape)}));
          for (let i = 0; i < 3; i++) {
            if (i === 2) counts.buffers = 0;
            optimizer.applyGradients(gradients);
          }
          // Each step submits the one before.
          counts.dispatches = webgpu().dispatchCountInPass;
          tf.dispose(variables);
        });
      };
      const batch = tf.env().getNumber('WEBGPU_DEFERRED_SUBMIT_BATCH_SIZE');
      tf.env().set('WEBGPU_DEFERRED_SUBMIT_BATCH_SIZE', 1000);
      step([[2], [4]]);
      const restore = [
        replaceMethod(device, 'createComputePipeline', original => (...values) => {
          counts.pipelines++;
          return original(...values);
        }),
        replaceMethod(device, 'createBuffer', original => (...values) => {
          counts.buffers++;
          return original(...values);
        }),
      ];
      step([[3, 4], [7], [5, 5, 2]]);
      restore.forEach(undo => {
        undo();
      });
      tf.env().set('WEBGPU_DEFERRED_SUBMIT_BATCH_SIZE', batch);
      expect(counts).toEqual({dispatches: 3, pipelines: 0, buffers: 0});
      optimizer.dispose();
    });

    it('compiles for vectors of four, and for other sizes, when a parameter first needs it', () => {
      const only = callback('compiledHere', {}, ({p, grad}) => ({p: p.sub(grad.mul(0.375))}));
      const optimizer = new Optimizer([only], {});
      const {device} = webgpu();
      const compiled = (...shapes: readonly number[][]): number =>
        methodCalls(device, ['createComputePipeline'], () => {
          tf.tidy(() => {
            const variables = shapes.map(shape => tf.variable(tf.ones(shape)));
            optimizer.applyGradients(variables.map(({name, shape}) => ({name, tensor: tf.ones(shape)})));
            tf.dispose(variables);
          });
        });
      expect([compiled([2, 2]), compiled([4], [3, 4]), compiled([3], [8]), compiled([5])]).toEqual([1, 0, 1, 0]);
      optimizer.dispose();
    });

    it('never shows that it writes in place', async () => {
      const optimizer = new Optimizer([plain], {});
      const start = tf.tensor1d([3, 3, 3]);
      const variable = tf.variable(start);
      const other = tf.tidy(() => tf.variable(tf.zeros([3])));
      other.assign(variable);
      const gradient = tf.ones([3]);
      const step = (): void => {
        optimizer.applyGradients([{name: variable.name, tensor: gradient}]);
      };
      const aliases = [variable.clone(), variable.reshape([1, 3]), start, other];
      step();
      step();
      for (const alias of aliases) expect([...(await alias.data())]).toEqual([3, 3, 3]);
      expect([...(await variable.data())]).toEqual([1, 1, 1]);
      step();
      const pending = variable.data();
      step();
      expect([...(await pending)]).toEqual([0, 0, 0]);
      expect([...(await variable.data())]).toEqual([-1, -1, -1]);
      // The gradient is the parameter itself.
      optimizer.applyGradients([{name: variable.name, tensor: variable}]);
      expect([...(await variable.data())]).toEqual([0, 0, 0]);
      tf.dispose([variable, gradient, aliases]);
      optimizer.dispose();
    });
  },
  ['webgpu'],
);
