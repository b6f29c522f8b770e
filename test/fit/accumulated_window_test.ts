import {accumulate, adam, applyAccumulated, clipGlobalNorm, fitOneCycle, lookahead, type Optimizer, optimizerOf, sgd} from '../../src';
import {describeBackends} from '../support/backends';
import {expectClose} from '../support/close';
import {leakless} from '../support/leakless';
import {tf} from '../support/tfjs';

const GRADIENTS = [[1, -2], [3, 0.5], [-1, 4], [2, 2], [0.5, 1], [5, -3]] as const;

/** The variable after calls with these gradients. @param end what follows them. */
function after(make: (callbacks: ReturnType<typeof accumulate>) => Optimizer, every: number, gradients: ReadonlyArray<readonly number[]>, end: (optimizer: Optimizer) => void = () => undefined) {
  return tf.tidy(() => {
    const variable = tf.variable(tf.tensor1d([0.5, -1]));
    const optimizer = make(accumulate(every));
    for (const gradient of gradients) optimizer.applyGradients([{name: variable.name, tensor: tf.tensor1d([...gradient])}]);
    end(optimizer);
    const values = [...variable.dataSync()];
    optimizer.dispose();
    variable.dispose();
    return values;
  });
}

const MAKERS: Readonly<Record<string, (callbacks: ReturnType<typeof accumulate>) => Optimizer>> = {
  'sgd': callbacks => sgd(0.1, {callbacks}),
  'adam with clipping': callbacks => adam(0.1, {callbacks: [...callbacks, clipGlobalNorm], globalClipNorm: 0.5}),
  'lookahead': callbacks => lookahead(sgd(0.1, {callbacks}), {k: 2}),
};

describeBackends('an open window of accumulate', () => {
  for (const [name, make] of Object.entries(MAKERS)) {
    for (const [fusing, how] of [[true, 'fused'], [false, 'as ordinary operations']] as const) {
      for (const open of [1, 2, 3]) {
        it(`of ${open} calls makes the step of a window of that many, with ${name}, ${how}`, () => leakless(() => {
          tf.env().set('OPTIM_FUSING', fusing);
          const gradients = GRADIENTS.slice(0, open);
          const closed = after(make, 4, gradients, optimizer => { expect(optimizer.applyAccumulated()).toBeTrue(); });
          expectClose(closed, after(make, open, gradients), 1e-6);
          tf.env().set('OPTIM_FUSING', true);
        }));
      }
    }

    it(`is closed once, and the next call begins another, with ${name}`, () => leakless(() => {
      const closing = after(make, 4, GRADIENTS.slice(0, 2), optimizer => {
        expect([optimizer.applyAccumulated(), optimizer.applyAccumulated(), optimizer.iterations]).toEqual([true, false, 2]);
        const [variable] = optimizer.paramLists.flat();
        for (const gradient of GRADIENTS.slice(2, 6)) {
          if (variable !== undefined) optimizer.applyGradients([{name: variable.name, tensor: tf.tensor1d([...gradient])}]);
        }
      });
      const whole = after(make, 2, GRADIENTS.slice(0, 2), optimizer => {
        const [variable] = optimizer.paramLists.flat();
        const mean = [0, 1].map(i => GRADIENTS.slice(2, 6).reduce((sum, gradient) => sum + (gradient[i] ?? NaN), 0) / 4);
        for (let i = 0; i < 2; i++) if (variable !== undefined) optimizer.applyGradients([{name: variable.name, tensor: tf.tensor1d(mean)}]);
      });
      expectClose(closing, whole, 1e-6);
    }));
  }

  it('is none where nothing is accumulated, or the window is full', () => {
    after(() => sgd(0.1), 4, GRADIENTS, optimizer => { expect(optimizer.applyAccumulated()).toBeFalse(); });
    after(callbacks => sgd(0.1, {callbacks}), 3, GRADIENTS, optimizer => { expect(optimizer.applyAccumulated()).toBeFalse(); });
  });
}, ['cpu', 'wasm', 'webgl']);

describeBackends('a fit that ends in a window of accumulate', () => {
  const fitted = async (train: (model: tf.LayersModel, x: tf.Tensor, y: tf.Tensor) => Promise<unknown>) => {
    const model = tf.sequential({layers: [tf.layers.dense({inputShape: [2], units: 1, kernelInitializer: 'ones'})]});
    model.compile({optimizer: sgd(0.1, {callbacks: accumulate(4)}), loss: 'meanSquaredError'});
    const [x, y] = [tf.tensor2d([[1, 2], [3, 4], [5, 6]]), tf.tensor2d([[1], [2], [3]])];
    await train(model, x, y);
    const moved = model.getWeights()[0]?.dataSync()[0] !== 1;
    tf.dispose([x, y]);
    optimizerOf(model).dispose();
    model.dispose();
    return moved;
  };
  const args = {epochs: 1, batchSize: 1, shuffle: false} as const;

  it('makes a step of it with applyAccumulated() and by default in fitOneCycle, and keeps it where that is asked for', async () => {
    expect(await fitted((model, x, y) => model.fit(x, y, args))).toBeFalse();
    expect(await fitted((model, x, y) => model.fit(x, y, {...args, callbacks: applyAccumulated()}))).toBeTrue();
    expect(await fitted((model, x, y) => fitOneCycle(model, x, y, args))).toBeTrue();
    expect(await fitted((model, x, y) => fitOneCycle(model, x, y, {...args, keepWindow: true}))).toBeFalse();
  });

  it('makes none where training is aborted', async () => {
    const controller = new AbortController();
    const onProgress = () => { controller.abort(); };
    expect(await fitted((model, x, y) => fitOneCycle(model, x, y, {...args, onProgress, signal: controller.signal}).catch(() => undefined))).toBeFalse();
  });
}, ['cpu']);
