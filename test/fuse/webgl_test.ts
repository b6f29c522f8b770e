import {adam, type Callback, callback, lamb, larc, Optimizer, required, scalar, type Value, zeros} from '../../src';
import {planOf} from '../../src/fuse/plan';
import {trace} from '../../src/fuse/trace';
import {webglBackend} from '../../src/fuse/webgl/backend';
import {chainOf} from '../../src/rule/chain';
import type {OperationName} from '../../src/rule/operations';
import {describeBackends} from '../support/backends';
import {expectClose} from '../support/close';
import {leakless} from '../support/leakless';
import {present} from '../support/present';
import {replaceMethod} from '../support/replace_method';
import {tf} from '../support/tfjs';
import {countedCalls, packedCopy, unpackedSquare, webgl} from '../support/webgl';

type Results = Record<string, number[]>;

/**
 * What `steps` steps make of variables of these shapes, by name; the gradients are functions of the step, and on the
 * GPU.
 */
async function trained(
  make: () => Optimizer,
  shapes: readonly number[][],
  gradient: (of: tf.Tensor, step: number) => tf.Tensor,
  steps = 3,
): Promise<Results> {
  const variables = shapes.map(shape =>
    tf.tidy(() => {
      const size = tf.util.sizeFromShape(shape);
      return tf.variable(
        packedCopy(
          tf.tensor(
            Array.from({length: size}, (_, i) => Math.sin(i + 1)),
            shape,
          ),
        ),
      );
    }),
  );
  const optimizer = make();
  for (let step = 0; step < steps; step++) {
    tf.tidy(() => {
      optimizer.applyGradients(variables.map(variable => ({name: variable.name, tensor: gradient(variable, step)})));
    });
  }
  if (tf.env().getBool('OPTIM_FUSING')) expect(optimizer.fusedOn).toBe('webgl');
  const results: Results = {};
  for (const [i, variable] of variables.entries()) {
    results[`p${i} [${variable.shape}]`] = [...(await variable.data())];
    for (const [name, value] of Object.entries(optimizer.state.get(variable))) {
      if (value instanceof tf.Tensor) results[`${name}${i} [${variable.shape}]`] = [...(await value.data())];
    }
    // Padding that is not 0 would change a product.
    if (variable.rank !== 2 || variable.size === 0) continue;
    const product = tf.tidy(() => variable.matMul(tf.ones([present(variable.shape[1]), 3])).add(0));
    results[`product${i}`] = [...(await product.data())];
    product.dispose();
  }
  optimizer.dispose();
  tf.dispose(variables);
  return results;
}

async function eagerly<T>(run: () => Promise<T>): Promise<T> {
  tf.env().set('OPTIM_FUSING', false);
  try {
    return await run();
  } finally {
    tf.env().set('OPTIM_FUSING', true);
  }
}

async function expectAsEager(run: () => Promise<Results>, tolerance = 1e-6): Promise<void> {
  const [fused, eager] = [await run(), await eagerly(run)];
  expect(Object.keys(fused)).toEqual(Object.keys(eager));
  for (const [name, values] of Object.entries(eager)) expectClose(present(fused[name]), values, tolerance, name);
}

function one(cb: Callback, hypers: Record<string, number> = {}): () => Optimizer {
  return () => new Optimizer<readonly Callback[]>([cb], hypers);
}

function rule(run: (p: Value, grad: Value) => Value): () => Optimizer {
  return one(callback('testRule', {}, ({p, grad}) => ({p: run(p, grad)})));
}

function variableOf(shape: number[], value = 1): tf.Variable {
  return tf.tidy(() => tf.variable(packedCopy(tf.fill(shape, value))));
}

const ODD = [NaN, Infinity, -Infinity, 0, -0, 1, -1, 2, -3, 0.5, -2.5, 1e-30, -20, 30, 88, 13.94];
const SHAPES = [
  [],
  [1],
  [2],
  [7],
  [1, 1],
  [1, 5],
  [5, 1],
  [3, 5],
  [4, 6],
  [2, 3, 5],
  [1, 4, 1, 3],
  [3, 3, 4, 2],
  [3, 3, 3, 5],
  [2, 1, 3, 2, 3],
  [1, 2, 1, 3, 2, 3],
  [0],
  [3, 0],
];
/** From 256 texels, parameters have other programs. */
const LARGE = [[601], [1, 602], [30, 41], [5, 17, 16]];
const packed = (of: tf.Tensor, step: number): tf.Tensor => packedCopy(of.mul(0.5).add(step - 1));
const unpacked = (of: tf.Tensor, step: number): tf.Tensor => unpackedSquare(of.mul(0.5).add(step - 1));

describeBackends(
  'a step fused on WebGL',
  (_, place) => {
    afterEach(() => expect(webgl().gpgpu.gl.getError()).toBe(0));

    const operations: Readonly<Record<OperationName | 'zerosLike' | 'onesLike', (p: Value, grad: Value) => Value>> = {
      add: (p, grad) => p.add(grad),
      sub: (p, grad) => p.sub(grad),
      mul: (p, grad) => p.mul(grad),
      div: (p, grad) => p.div(grad),
      maximum: (p, grad) => p.maximum(grad),
      minimum: (p, grad) => p.minimum(grad),
      pow: (p, grad) => p.pow(grad),
      sqrt: p => p.sqrt(),
      square: p => p.square(),
      abs: p => p.abs(),
      neg: p => p.neg(),
      sign: p => p.sign(),
      exp: p => p.exp(),
      log: p => p.log(),
      tanh: p => p.tanh(),
      softplus: p => p.softplus(),
      zerosLike: p => p.zerosLike(),
      onesLike: p => p.onesLike(),
      less: (p, grad) => p.where(p.less(grad), grad),
      lessEqual: (p, grad) => p.where(p.lessEqual(grad), grad),
      greater: (p, grad) => p.where(p.greater(grad), grad),
      greaterEqual: (p, grad) => p.where(p.greaterEqual(grad), grad),
      equal: (p, grad) => p.where(p.equal(grad), 7),
      logicalAnd: (p, grad) => p.where(p.less(1).logicalAnd(grad.less(1)), 7),
      logicalOr: (p, grad) => p.where(p.less(1).logicalOr(grad.less(1)), 7),
      logicalNot: (p, grad) => p.where(p.less(grad).logicalNot(), 7),
    };
    for (const [name, run] of Object.entries(operations)) {
      it(`computes ${name} as TensorFlow.js does, odd values included`, async () => {
        // How tfjs's kernel treats NaN depends on the driver.
        const odd = ODD.filter(value => name !== 'pow' || !Number.isNaN(value));
        const values = async (): Promise<Results> => {
          const [p, grad] = tf.tidy(
            () =>
              [
                packedCopy(tf.tensor2d(odd.map(a => odd.map(() => a)))),
                packedCopy(tf.tensor2d(odd.map(() => odd))),
              ] as const,
          );
          const variable = tf.variable(p);
          const optimizer = rule(run)();
          optimizer.applyGradients([{name: variable.name, tensor: grad}]);
          const result = {p: [...(await variable.data())]};
          optimizer.dispose();
          tf.dispose([variable, p, grad]);
          return result;
        };
        await expectAsEager(values);
      });
    }

    const rules: Readonly<Record<string, () => Optimizer>> = {
      'adam with decay': () => adam(0.1, {wd: 0.1}),
      lamb: () => lamb(0.1, {wd: 0.1}),
      larc: () => larc(0.1, {wd: 0.1}),
      'a rule that maps 0 to another number': rule((p, grad) => p.add(grad).exp()),
    };
    // On WebGL 1 the rules have the same shaders in another dialect. So two of them show all: sums, state and padding.
    const left = place === 'webgl1' ? ['adam with decay', 'larc'] : [];
    for (const [name, make] of Object.entries(rules).filter(([name]) => !left.includes(name))) {
      for (const [kind, gradient] of Object.entries({packed, unpacked})) {
        it(`computes ${name} as an eager step does, on all shapes, with ${kind} gradients`, () =>
          leakless(async () => {
            await expectAsEager(() => trained(make, SHAPES, gradient));
          }));
      }
      it(`computes ${name} as an eager step does, on large shapes`, () =>
        leakless(async () => {
          await expectAsEager(() => trained(make, LARGE, packed));
        }));
    }

    it('takes variables and gradients from the host', () =>
      leakless(async () => {
        await expectAsEager(async () => {
          const variable = tf.tidy(() =>
            tf.variable(
              tf.tensor2d([
                [1, 2, 3],
                [4, 5, 6],
                [7, 8, 9],
              ]),
            ),
          );
          const optimizer = adam(0.1);
          for (let step = 0; step < 3; step++)
            tf.tidy(() => {
              optimizer.applyGradients([{name: variable.name, tensor: tf.range(step, step + 9).reshape([3, 3])}]);
            });
          const result = {p: [...(await variable.data())]};
          optimizer.dispose();
          variable.dispose();
          return result;
        });
      }));

    it('takes gradients that are stored differently from the parameter: slices, reshapes, unpacked variables', () =>
      leakless(async () => {
        const gradients: ReadonlyArray<(of: tf.Tensor) => tf.Tensor> = [
          of => unpackedSquare(of.concat(of)).slice([1, 0], of.shape[0]),
          of => packedCopy(of.reshape([of.size])).reshape(of.shape),
          of => packedCopy(of.reshape([of.size, 1])).reshape(of.shape),
          of => unpackedSquare(of.reshape([of.size])).reshape(of.shape),
          of => of.transpose().transpose(),
          of => of,
        ];
        const small = [
          [5, 3],
          [4, 6],
          [6, 1],
          [1, 6],
        ];
        // From 256 texels, a vector has a program of its own.
        const large = [
          [35, 33],
          [24, 46],
          [601, 1],
          [1, 601],
        ];
        for (const gradient of gradients)
          for (const shapes of [small, large]) await expectAsEager(() => trained(() => adam(0.1), shapes, gradient));
        await expectAsEager(async () => {
          const [start, grad] = tf.tidy(
            () => [unpackedSquare(tf.range(0, 15).reshape([3, 5])), tf.ones([3, 5])] as const,
          );
          const variable = tf.variable(start);
          const optimizer = adam(0.1);
          optimizer.applyGradients([{name: variable.name, tensor: grad}]);
          const result = {p: [...(await variable.data())]};
          optimizer.dispose();
          tf.dispose([start, grad, variable]);
          return result;
        });
      }));

    it('takes such gradients of large tensors too, whose textures are folded', () =>
      leakless(async () => {
        await expectAsEager(() => trained(() => adam(0.1, {wd: 0.1}), [[70001], [9, 20001], [301, 303]], unpacked, 2));
      }));

    it('makes one draw per parameter, with one program for small shapes, and one where a matrix is large', () => {
      const optimizer = adam(0.1);
      const step = (shapes: readonly number[][], gradient: (of: tf.Tensor, step: number) => tf.Tensor) => {
        const variables = shapes.map(shape => variableOf(shape));
        const gradients = variables.map(variable => ({
          name: variable.name,
          tensor: tf.tidy(() => gradient(variable, 0)),
        }));
        optimizer.applyGradients(gradients);
        const counts = countedCalls(() => {
          optimizer.applyGradients(gradients);
        });
        tf.dispose([variables, gradients.map(({tensor}) => tensor)]);
        return counts;
      };
      step([[2]], packed);
      const small = [[3, 4], [7], [5, 5, 2], [3, 3, 2, 2]];
      expect(step(small, packed)).toEqual({draws: 4, links: 0});
      step([[300, 400]], packed);
      expect(step([...small, [500, 300]], packed)).toEqual({draws: 5, links: 0});
      optimizer.dispose();
    });

    it('splits outputs over draws where a draw has too few targets', () =>
      leakless(async () => {
        const names = Array.from({length: 9}, (_, i) => `memory${i}`);
        const many = callback(
          'manyEntries',
          {state: Object.fromEntries(names.map(name => [name, zeros]))},
          ({p, grad}) => ({p: p.sub(grad), ...Object.fromEntries(names.map((name, i) => [name, p.mul(i)]))}),
        );
        await expectAsEager(() => trained(one(many), [[3, 5], [7]], packed));
      }));

    it('computes with more numbers than one draw can pass from its corners to its texels', () =>
      leakless(async () => {
        const weighted = rule((p, grad) =>
          Array.from({length: 70}, (_, i) => 1 + i / 64)
            .reduce((sum, weight) => sum.add(grad.mul(weight)), p)
            .mul(1 / 70),
        );
        for (const shapes of [
          [[3, 5], [7]],
          [[30, 41], [601]],
        ])
          await expectAsEager(() => trained(weighted, shapes, packed));
      }));

    it('keeps scalar state, in tensors of one element', () =>
      leakless(async () => {
        const norms = callback('norms', {state: {norm: scalar, memory: zeros}}, ({p, grad, norm, memory}) => ({
          p: p.sub(memory.mul(norm)),
          memory: memory.add(grad),
          norm: norm.mul(0.5).add(grad.square().mean().sqrt()),
        }));
        await expectAsEager(() => trained(one(norms), [[3, 5], [7], [], [2, 3, 3]], packed));
        await expectAsEager(() => trained(one(norms), [[3, 5], [7]], unpacked));
      }));

    const clipped = callback(
      'clippedGrad',
      {hypers: {maxNorm: required}, total: ({grad}) => ({sq: grad.square().sum(), mean: grad.mean()})},
      ({grad, maxNorm, total}) => ({grad: grad.mul(total.sq.sqrt().div(maxNorm).maximum(1).pow(-1)).add(total.mean)}),
    );
    const plain = callback('plainGrad', {}, ({p, grad}) => ({p: p.sub(grad)}));
    it('sums over all parameters, of several classes', () =>
      leakless(async () => {
        const make = (): Optimizer => new Optimizer<readonly Callback[]>([clipped, plain], {maxNorm: 0.5});
        // tfjs's sums are not more exact.
        await expectAsEager(() => trained(make, [[3, 5], [7], [], [300, 301], [0]], packed), 5e-6);
        await expectAsEager(
          () =>
            trained(
              make,
              Array.from({length: 150}, (_, i) => (i % 2 === 0 ? [] : [3])),
              unpacked,
              2,
            ),
          5e-6,
        );
        const centred = callback('centredGrad', {total: ({grad}) => ({mean: grad.mean()})}, ({grad, total}) => ({
          grad: grad.sub(total.mean),
        }));
        await expectAsEager(
          () =>
            trained(
              () => new Optimizer<readonly Callback[]>([clipped, centred, plain], {maxNorm: 0.5}),
              [[3, 5]],
              packed,
            ),
          5e-6,
        );
      }));

    for (const size of [1, 63, 1000, 65537, 300001]) {
      it(`sums ${size} elements almost as exactly as float64`, async () => {
        const values = Float32Array.from({length: size}, (_, i) => Math.sin(i) + 0.25);
        const variable = tf.tidy(() => tf.variable(tf.tensor1d(values)));
        const gradient = tf.tensor1d(values);
        const optimizer = rule((p, grad) => p.mul(0).add(grad.square().sum().sqrt()).add(grad.mean()))();
        optimizer.applyGradients([{name: variable.name, tensor: gradient}]);
        const sum = values.reduce((a, b) => a + b, 0);
        const squares = values.reduce((a, b) => a + b * b, 0);
        expectClose((await variable.data()).slice(0, 1), [Math.sqrt(squares) + sum / size], 1e-6);
        optimizer.dispose();
        tf.dispose([variable, gradient]);
      });
    }

    it('does not change clones, reshapes, slices and weights that models share', async () => {
      const optimizer = adam(0.1);
      const variable = variableOf([4, 4]);
      const start = unpackedSquare(tf.fill([16], 1));
      const unpackedVariable = tf.variable(start);
      const aliases = [
        variable.clone(),
        variable.reshape([2, 8]),
        variable.slice([1, 0], [2, 4]),
        unpackedVariable.slice([3], [5]),
        unpackedVariable.clone(),
      ];
      const other = variableOf([4, 4], 0);
      other.assign(variable);
      const gradients = [variable, unpackedVariable].map(({name, shape}) => ({name, tensor: tf.ones(shape)}));
      for (let step = 0; step < 2; step++) optimizer.applyGradients(gradients);
      for (const alias of [...aliases, other, start]) expect(new Set(await alias.data())).toEqual(new Set([1]));
      for (const each of [variable, unpackedVariable]) expect((await each.data())[0]).toBeLessThan(0.9);
      tf.dispose([variable, other, unpackedVariable, start, aliases, gradients.map(({tensor}) => tensor)]);
      optimizer.dispose();
    });

    it('never shows old values that were read before, or while they are being read', async () => {
      const optimizer = new Optimizer([plain], {});
      const variable = variableOf([5], 3);
      const gradients = [{name: variable.name, tensor: tf.ones([5])}];
      expect(variable.dataSync()[0]).toBe(3);
      optimizer.applyGradients(gradients);
      expect(variable.dataSync()[4]).toBe(2);
      optimizer.applyGradients(gradients);
      const pending = variable.data();
      optimizer.applyGradients(gradients);
      expect((await pending)[0]).toBe(1);
      expect((await variable.data())[0]).toBe(0);
      tf.dispose([variable, present(gradients[0]).tensor]);
      optimizer.dispose();
    });

    it('makes a texture where values were only on the host, and shares it with no other tensor', () =>
      leakless(() => {
        // larc writes `localLr` without reading it, so nothing uploads what was read back.
        const variable = tf.tidy(() => tf.variable(tf.fill([3], 2)));
        const optimizer = larc(0.1, {params: [variable], clip: false, mom: 0, trustCoeff: 1});
        const step = () => {
          tf.tidy(() => {
            optimizer.applyGradients([{name: variable.name, tensor: tf.fill([3], 4)}]);
          });
        };
        const read = () => {
          const {localLr} = optimizer.state.get(variable);
          return localLr instanceof tf.Tensor ? localLr.dataSync()[0] : undefined;
        };
        step();
        expect(read()).toBeCloseTo(0.05, 6);
        step();
        const others = tf.tidy(() => [1, 2, 3].map(value => tf.keep(packedCopy(tf.scalar(value)))));
        expect(read()).toBeCloseTo(0.045, 6);
        expect(others.map(other => other.dataSync()[0])).toEqual([1, 2, 3]);
        optimizer.dispose();
        tf.dispose([variable, others]);
      }));

    it('takes gradients whose texture was packed for another shape', () =>
      leakless(async () => {
        const numbers = (size: number) => Array.from({length: size}, (_, i) => i + 1);
        const cases: ReadonlyArray<readonly [what: string, shape: number[], make: () => tf.Tensor]> = [
          [
            'texels in the same order, in a texture of another width',
            [2, 1, 6],
            () => packedCopy(tf.tensor1d(numbers(12))),
          ],
          [
            'texels in another order',
            [3, 2],
            () => {
              const flat = tf.tensor1d(numbers(6));
              // The data are still on the host, so both shapes share them.
              const gradient = flat.reshape([3, 2]);
              packedCopy(flat);
              return gradient;
            },
          ],
        ];
        for (const [what, shape, make] of cases) {
          const variable = variableOf(shape, 100);
          const optimizer = rule((p, grad) => p.sub(grad))();
          const size = tf.util.sizeFromShape(shape);
          tf.tidy(() => {
            const gradient = make().reshape(shape);
            const {isPacked, shape: packedFor} = webgl().texData.get(gradient.dataId);
            expect([isPacked, packedFor])
              .withContext(what)
              .toEqual([true, [size]]);
            optimizer.applyGradients([{name: variable.name, tensor: gradient}]);
          });
          expect(optimizer.fusedOn).toBe('webgl');
          expect([...(await variable.data())])
            .withContext(what)
            .toEqual(numbers(size).map(value => 100 - value));
          optimizer.dispose();
          variable.dispose();
        }
      }));

    it('needs no more memory from step to step', () => {
      const optimizer = lamb(0.1);
      const variables = [[3, 5], [1000], [3, 3, 4, 4], [300, 301]].map(shape => variableOf(shape));
      const gradients = variables.map(variable => ({name: variable.name, tensor: unpackedSquare(variable)}));
      for (let step = 0; step < 2; step++) optimizer.applyGradients(gradients);
      const before = tf.memory();
      for (let step = 0; step < 3; step++) optimizer.applyGradients(gradients);
      expect(tf.memory()).toEqual(before);
      tf.dispose([variables, gradients.map(({tensor}) => tensor)]);
      optimizer.dispose();
    });

    const plan = () => {
      const variable = variableOf([3]);
      const grad = tf.ones([3]);
      const odd = callback('onlyHere', {}, ({p, grad: g}) => ({p: p.sub(g).abs().sqrt()}));
      const {buckets, barriers} = trace(
        chainOf([odd]),
        [{variable, grad, group: 0, trains: true, doWd: true, hypers: {}, entries: {}}],
        {},
      );
      tf.dispose([variable, grad]);
      const [first] = buckets;
      if (first === undefined) throw new Error('Nothing was traced.');
      return planOf({...first, key: `${first.key}${Math.random()}`}, barriers);
    };

    it('is refused where there are no float32 textures, and where a shader does not compile', () => {
      const {gl} = webgl().gpgpu;
      for (const flag of ['WEBGL_RENDER_FLOAT32_ENABLED', 'WEBGL_PACK']) {
        tf.env().set(flag, false);
        expect(() => {
          webglBackend.prepare({plan: plan(), jobs: [], slots: []}, tf.backend());
        }).toThrowError(/packed float32 textures/);
        tf.env().set(flag, true);
      }
      const restore = replaceMethod(gl, 'getProgramParameter', () => () => false);
      expect(() => {
        webglBackend.prepare({plan: plan(), jobs: [], slots: []}, tf.backend());
      }).toThrowError(/could not be compiled/);
      restore();
      expect(() => {
        webglBackend.prepare({plan: plan(), jobs: [], slots: []}, tf.backend());
      }).not.toThrow();
    });
  },
  ['webgl', 'webgl1'],
);
