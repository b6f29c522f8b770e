import {blockUntilReady, defaultDevice, init, jit, lax, nn, numpy as np, valueAndGrad} from '@jax-js/jax';

import {at, defined} from '../../examples/support/lookup';
import type {Contestant, Training, Turn} from './contestant';
import type {Graph, Node, Op} from './graph';
import type {AdamHypers, Setup, Weight} from './setup';

type Array = np.Array;

/** In a traced function every use of an array consumes it. `ref` is one more use. */
interface Ports {
  readonly x: Array;
  readonly others: readonly Array[];
  readonly weights: readonly Array[];
  readonly settings: Node['settings'];
}

const numberOf = (settings: Node['settings'], name: string): number => Number(defined(settings[name], name));
const sizeOf = (x: Array, axis: number): number => at(x.shape, axis);

/** Over these axes, to a mean of 0 and a deviation of 1; then `gamma` and `beta`, which have the shape `as`. */
function normalized({x, weights, settings}: Ports, axes: number[], as: number[]): Array {
  const [gamma, beta] = [at(weights, 0).reshape(as), at(weights, 1).reshape(as)];
  const centred = x.ref.sub(np.mean(x, axes, {keepdims: true}));
  const variance = np.mean(centred.ref.mul(centred.ref), axes, {keepdims: true});
  return centred
    .div(np.sqrt(variance.add(numberOf(settings, 'epsilon'))))
    .mul(gamma)
    .add(beta);
}

const convolved = ({x, weights, settings}: Ports, featureGroupCount: number): Array => {
  const stride = numberOf(settings, 'stride');
  const padding = settings['padding'] === 'same' ? 'SAME' : 'VALID';
  return lax.convGeneralDilated(x, at(weights, 0), [stride, stride], padding, {featureGroupCount});
};

/** jax-js has no scan: the time steps are traced one by one. Gates in tfjs's order: input, forget, cell, output. */
function lstm({x, weights}: Ports): Array {
  const [batch, length] = [sizeOf(x, 0), sizeOf(x, 1)];
  const [kernel, recurrent, bias] = [at(weights, 0), at(weights, 1), at(weights, 2)];
  const units = sizeOf(recurrent, 0);
  const fed = np.matmul(x, kernel).add(bias);
  const steps = np.split(fed, length, 1);
  let [h, c] = [np.zeros([batch, units]), np.zeros([batch, units])];
  for (const step of steps) {
    const all = step.reshape([batch, 4 * units]).add(np.matmul(h, recurrent.ref));
    const [i, f, g, o] = np.split(all, 4, 1);
    if (i === undefined || f === undefined || g === undefined || o === undefined)
      throw new Error('split must return four parts; it returned fewer.');
    c = nn
      .sigmoid(f)
      .mul(c)
      .add(nn.sigmoid(i).mul(np.tanh(g)));
    h = nn.sigmoid(o).mul(np.tanh(c.ref));
  }
  c.dispose();
  recurrent.dispose();
  return h;
}

function attention({x, others, settings}: Ports): Array {
  const [batch, length, width] = [sizeOf(x, 0), sizeOf(x, 1), sizeOf(x, 2)];
  const heads = numberOf(settings, 'heads');
  const depth = width / heads;
  const split = (y: Array, order: number[]): Array => np.transpose(y.reshape([batch, length, heads, depth]), order);
  const scores = np.matmul(split(x, [0, 2, 1, 3]), split(at(others, 0), [0, 2, 3, 1])).mul(1 / Math.sqrt(depth));
  const found = np.matmul(nn.softmax(scores, -1), split(at(others, 1), [0, 2, 1, 3]));
  return np.transpose(found, [0, 2, 1, 3]).reshape([batch, length, width]);
}

/** Images have their channels second. */
const COMPUTE: Readonly<Record<Op, (ports: Ports) => Array>> = {
  input: ({x}) => x,
  dense: ({x, weights}) => np.matmul(x, at(weights, 0)).add(at(weights, 1)),
  conv: ports => {
    const y = convolved(ports, 1);
    const [, bias] = ports.weights;
    return bias === undefined ? y : y.add(bias.reshape([1, -1, 1, 1]));
  },
  depthwiseConv: ports => convolved(ports, sizeOf(ports.x, 1)),
  batchNorm: ports => normalized(ports, [0, 2, 3], [1, sizeOf(ports.x, 1), 1, 1]),
  layerNorm: ports => normalized(ports, [2], [1, 1, sizeOf(ports.x, 2)]),
  relu: ({x}) => nn.relu(x),
  add: ({x, others}) => x.add(at(others, 0)),
  maxPool: ({x, settings}) => {
    const [batch, channels, height, width] = [sizeOf(x, 0), sizeOf(x, 1), sizeOf(x, 2), sizeOf(x, 3)];
    const size = numberOf(settings, 'size');
    return np.max(x.reshape([batch, channels, height / size, size, width / size, size]), [3, 5]);
  },
  averagePool: ({x}) => np.mean(x, x.shape.length === 4 ? [2, 3] : [1]),
  flatten: ({x}) => np.transpose(x, [0, 2, 3, 1]).reshape([sizeOf(x, 0), -1]),
  // jit can't compile the gradient of take: "routine primitive scatter input is not imm".
  embedding: ({x, weights}) => {
    const table = at(weights, 0);
    return np.matmul(nn.oneHot(x, sizeOf(table, 0)), table);
  },
  positions: ({x, weights}) => x.add(at(weights, 0)),
  attention,
  lstm,
};

/** The logits of a network. Consumes `weights` and `xs`. */
function forward(graph: Graph, weights: readonly Array[], xs: Array): Array {
  const uses = graph.map(() => 0);
  for (const {inputs} of graph) for (const input of inputs) uses[input] = at(uses, input) + 1;
  const found: Array[] = [];
  const taken = (place: number): Array => {
    const left = at(uses, place) - 1;
    uses[place] = left;
    return left > 0 ? at(found, place).ref : at(found, place);
  };
  for (const node of graph) {
    const [x, ...others] = node.op === 'input' ? [xs] : node.inputs.map(taken);
    if (x === undefined) throw new Error(`A node '${node.op}' must have an input; it has none.`);
    const own = node.weights.map(place => at(weights, place));
    found.push(COMPUTE[node.op]({x, others, weights: own, settings: node.settings}));
  }
  return at(found, found.length - 1);
}

/** The whole step under one `jit`: both passes and Adam. Numbers that change from step to step are arguments. */
function compiled(graph: Graph, batch: number, {mom, sqrMom}: AdamHypers) {
  const loss = (weights: Array[], xs: Array, ys: Array): Array =>
    nn
      .logSoftmax(forward(graph, weights, xs), -1)
      .mul(ys)
      .sum()
      .mul(-1 / batch);
  return jit((weights: Array[], means: Array[], squares: Array[], xs: Array, ys: Array, rate: Array, eps: Array) => {
    const copies = weights.map(weight => weight.ref);
    const [value, gradients] = valueAndGrad(loss)(copies, xs, ys);
    const moved: Array[] = [];
    const newMeans: Array[] = [];
    const newSquares: Array[] = [];
    for (const [i, weight] of weights.entries()) {
      const gradient = at(gradients, i);
      const mean = at(means, i)
        .mul(mom)
        .add(gradient.ref.mul(1 - mom));
      const square = at(squares, i)
        .mul(sqrMom)
        .add(gradient.ref.mul(1 - sqrMom).mul(gradient));
      moved.push(weight.sub(mean.ref.mul(rate.ref).div(np.sqrt(square.ref).add(eps.ref))));
      newMeans.push(mean);
      newSquares.push(square);
    }
    rate.dispose();
    eps.dispose();
    return {value, weights: moved, means: newMeans, squares: newSquares};
  });
}

/** In jax-js's layout: kernels begin with the output channels. */
function weightIn({shape, values}: Weight, op: Op): Array {
  const array = np.array(values).reshape([...shape]);
  if (shape.length !== 4) return array;
  return np.transpose(array, op === 'depthwiseConv' ? [2, 3, 0, 1] : [3, 2, 0, 1]);
}

class JaxTraining implements Training {
  readonly #adam: AdamHypers;
  readonly #step: ReturnType<typeof compiled>;
  readonly #batches: ReadonlyArray<{readonly xs: Array; readonly ys: Array}>;
  #weights: Array[];
  #means: Array[];
  #squares: Array[];
  #steps = 0;

  constructor({model, graph, inputShape, weights, batches, adam}: Setup) {
    this.#adam = adam;
    this.#step = compiled(graph, model.batch, adam);
    const ops = new Map(graph.flatMap(({op, weights: own}) => own.map(place => [place, op] as const)));
    this.#weights = weights.map((weight, i) => weightIn(weight, defined(ops.get(i), `node of weight ${i}`)));
    this.#means = weights.map((_, i) => np.zerosLike(at(this.#weights, i).ref));
    this.#squares = weights.map((_, i) => np.zerosLike(at(this.#weights, i).ref));
    this.#batches = batches.map(({inputs, classes}) => {
      const dtype = inputs instanceof Int32Array ? np.int32 : np.float32;
      const xs = np.array(inputs, {dtype}).reshape([...inputShape]);
      return {
        xs: inputShape.length === 4 ? np.transpose(xs, [0, 3, 1, 2]) : xs,
        ys: nn.oneHot(np.array(classes, {dtype: np.int32}), model.classes),
      };
    });
  }

  async run(steps: number): Promise<Turn> {
    const {lr, mom, sqrMom, eps} = this.#adam;
    let last: np.Array | undefined;
    const begin = performance.now();
    for (let i = 0; i < steps; i++) {
      const {xs, ys} = at(this.#batches, this.#steps++ % this.#batches.length);
      const root = Math.sqrt(1 - sqrMom ** this.#steps);
      const rate = (lr * root) / (1 - mom ** this.#steps);
      last?.dispose();
      const made = this.#step(this.#weights, this.#means, this.#squares, xs.ref, ys.ref, rate, eps * root);
      ({value: last, weights: this.#weights, means: this.#means, squares: this.#squares} = made);
    }
    await blockUntilReady(this.#weights);
    const values: unknown = await defined(last, 'loss of the last step').data();
    if (!(values instanceof Float32Array)) throw new Error('jax-js must return a Float32Array; it did not.');
    const ms = performance.now() - begin;
    return {ms, loss: at(values, 0)};
  }

  dispose(): void {
    for (const array of [...this.#weights, ...this.#means, ...this.#squares]) array.dispose();
    for (const {xs, ys} of this.#batches) {
      xs.dispose();
      ys.dispose();
    }
  }
}

/** jax-js on one of its devices, with the whole step under `jit`. */
export function jaxContestant(device: 'wasm' | 'webgpu'): Contestant {
  return {
    name: 'jax-js',
    start: async setup => {
      if (!(await init(device)).includes(device)) throw new Error(`jax-js has no ${device} here`);
      defaultDevice(device);
      return new JaxTraining(setup);
    },
  };
}
