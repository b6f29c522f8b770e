import {adam, adamW, type Optimizer, sgd} from '../../src';
import type {HostTensor} from '../../src/interchange';
import {fromTorch, readSafetensors, toTorch, writeSafetensors} from '../../src/interchange';
import {describeBackends} from '../support/backends';
import {present} from '../support/present';
import {tf} from '../support/tfjs';

const L = tf.layers;

describeBackends(
  'toTorch and fromTorch',
  () => {
    afterEach(() => {
      tf.disposeVariables();
    });

    const dense = (more: object = {}) =>
      tf.sequential({layers: [L.dense({name: 'dense', units: 2, inputShape: [3], ...more})]});

    /** The file with other tensors or metadata. */
    function changed(
      bytes: Uint8Array,
      change: (tensors: Map<string, HostTensor>, metadata: Record<string, string>) => void,
    ): Uint8Array {
      const {tensors, metadata} = readSafetensors(bytes);
      const copies = {tensors: new Map(tensors), metadata: {...metadata}};
      change(copies.tensors, copies.metadata);
      return writeSafetensors(copies.tensors, copies.metadata);
    }

    async function trained(): Promise<{model: tf.LayersModel; optimizer: Optimizer}> {
      const model = dense();
      const optimizer = adamW(0.01);
      model.compile({optimizer, loss: 'meanSquaredError'});
      await model.trainOnBatch(tf.ones([2, 3]), tf.ones([2, 2]));
      return {model, optimizer};
    }

    it('write weights as a dense layer of PyTorch has them', async () => {
      const model = dense();
      model.setWeights([tf.tensor2d([1, 2, 3, 4, 5, 6], [3, 2]), tf.tensor1d([7, 8])]);
      const {tensors, metadata} = readSafetensors(await toTorch(model));
      expect(tensors).toEqual(
        new Map<string, HostTensor>([
          ['dense.weight', {dtype: 'float32', shape: [2, 3], data: Float32Array.of(1, 3, 5, 2, 4, 6)}],
          ['dense.bias', {dtype: 'float32', shape: [2], data: Float32Array.of(7, 8)}],
        ]),
      );
      expect(metadata).toEqual({format: 'pt', modules: '{}'});
    });

    it('change nothing, and no memory, where a file does not fit', async () => {
      const {model, optimizer} = await trained();
      const file = await toTorch(model, {optimizer});
      const before = await toTorch(model, {optimizer});
      const {numTensors} = tf.memory();
      const weight: HostTensor = {dtype: 'float32', shape: [2, 3], data: new Float32Array(6)};
      const bad: ReadonlyArray<readonly [Uint8Array, RegExp]> = [
        [
          changed(file, tensors => tensors.delete('dense.bias')),
          /^The file has no 'dense.bias', the counterpart of '/,
        ],
        [
          changed(file, tensors => tensors.set('dense.weight', {...weight, shape: [3, 2]})),
          /^'dense.weight' is float32 of shape \[3,2\] in the file; 'dense\/.*' needs float32 of shape \[2,3\]\.$/,
        ],
        [
          changed(file, tensors =>
            tensors.set('dense.weight', {dtype: 'int32', shape: [2, 3], data: new Int32Array(6)}),
          ),
          /^'dense.weight' is int32 of shape \[2,3\] in the file; 'dense\/.*' needs float32 of shape \[2,3\]\.$/,
        ],
        [
          changed(file, tensors => tensors.set('head.weight', weight)),
          /^The file has 'head.weight', which the model does not have\. Give the names of its layers in `names`\. /,
        ],
        [
          changed(file, tensors => tensors.set('state.dense.weight.exp_avg', {...weight, shape: [3, 2]})),
          /exp_avg.*shape/,
        ],
        [changed(file, tensors => tensors.delete('state.dense.weight.exp_avg')), /exp_avg/],
        [
          changed(file, (_, metadata) => (metadata['modules'] = '{')),
          /^The metadata 'modules' is missing or malformed/,
        ],
        [file.slice(0, 100), /^This is not a valid safetensors file/],
      ];
      for (const [bytes, message] of bad)
        await expectAsync(fromTorch(bytes, model, {optimizer})).toBeRejectedWithError(message);
      expect(tf.memory().numTensors).toBe(numTensors);
      expect(await toTorch(model, {optimizer})).toEqual(before);
      await fromTorch(file, model, {optimizer});
      expect(tf.memory().numTensors).toBe(numTensors);
      expect(await toTorch(model, {optimizer})).toEqual(before);
    });

    it('refuse 2,000 damaged files, and leave model and optimizer as they were', async () => {
      const {model, optimizer} = await trained();
      const file = await toTorch(model, {optimizer});
      const {tensors, metadata} = readSafetensors(file);
      const names = [...tensors.keys()];
      let refused = 0;
      for (let i = 0; i < 2000; i++) {
        const name = present(names[i % names.length]);
        const bytes =
          i % 3 === 0
            ? file.slice(0, (i * 7919) % file.length)
            : changed(file, (all, texts) => {
                const tensor = present(all.get(name));
                if (i % 3 === 1) {
                  all.delete(name);
                  all.set(`${name}.${i}`, tensor);
                } else {
                  const key = present(Object.keys(metadata)[i % Object.keys(metadata).length]);
                  texts[key] = '{';
                  all.set(name, {dtype: 'float32', shape: [7, 1], data: new Float32Array(7)});
                }
              });
        await expectAsync(fromTorch(bytes, model, {optimizer})).toBeRejectedWithError(/.{20,}/);
        refused++;
      }
      expect(refused).toBe(2000);
      expect(await toTorch(model, {optimizer})).toEqual(file);
    });

    it('name what has no counterpart, and how to map it by hand', async () => {
      const gru = tf.sequential({layers: [L.gru({name: 'memory', units: 2, inputShape: [4, 3]})]});
      await expectAsync(toTorch(gru)).toBeRejectedWithError(
        "The layer 'memory' (GRU) has no counterpart in PyTorch: torch.nn.GRU multiplies by the reset gate after the " +
          'recurrent product, and that of TensorFlow.js before it. Map its weights by hand: names: ' +
          "{'memory/kernel': {name: '…', axes: […]}, 'memory/recurrent_kernel': {name: '…', axes: […]}, " +
          "'memory/bias': {name: '…', axes: […]}}.",
      );
      const names = {
        'memory/kernel': {name: 'cell.kernel', axes: [1, 0]},
        'memory/recurrent_kernel': 'cell.recurrent',
        'memory/bias': {name: 'cell.bias'},
      };
      const {tensors} = readSafetensors(await toTorch(gru, {names}));
      expect([...tensors].map(([name, {shape}]) => [name, shape])).toEqual([
        ['cell.kernel', [6, 3]],
        ['cell.recurrent', [2, 6]],
        ['cell.bias', [6]],
      ]);
      await fromTorch(await toTorch(gru, {names}), gru, {names});
    });

    it('say which setting a recurrent layer needs', async () => {
      const lstm = tf.sequential({layers: [L.lstm({name: 'memory', units: 2, inputShape: [4, 3]})]});
      await expectAsync(toTorch(lstm)).toBeRejectedWithError(
        "The layer 'memory' has recurrentActivation 'hardSigmoid'; its module in PyTorch computes 'sigmoid'. " +
          "Make the layer with recurrentActivation: 'sigmoid'.",
      );
    });

    it('refuse names that fit nothing, and two weights of one name', async () => {
      await expectAsync(toTorch(dense(), {names: {dens: 'a'}})).toBeRejectedWithError(
        "`names` has 'dens', which is neither a layer nor a weight of the model. Did you mean 'dense'?",
      );
      await expectAsync(toTorch(dense(), {names: {'dense/kernel': 'a', 'dense/bias': 'a'}})).toBeRejectedWithError(
        /would both be 'a'; give one another name in `names`\.$/,
      );
    });

    it('add the second bias of an LSTM where no optimizer comes along', async () => {
      const make = () =>
        tf.sequential({
          layers: [L.lstm({name: 'rnn', units: 2, recurrentActivation: 'sigmoid', inputShape: [4, 3]})],
        });
      const model = make();
      const file = changed(await toTorch(model), tensors => {
        expect(present(tensors.get('rnn.bias_hh_l0')).data).toEqual(new Float32Array(8));
        tensors.set('rnn.bias_ih_l0', {dtype: 'float32', shape: [8], data: new Float32Array(8).fill(1)});
        tensors.set('rnn.bias_hh_l0', {dtype: 'float32', shape: [8], data: new Float32Array(8).fill(0.5)});
      });
      await fromTorch(file, model);
      expect([...present(model.getWeights()[2]).dataSync()]).toEqual(Array.from({length: 8}, () => 1.5));
      await expectAsync(fromTorch(file, model, {optimizer: adam()})).toBeRejectedWithError(
        /^'rnn.bias_hh_l0' must be 0 everywhere, because the layer here does not have it; in the file it has other/,
      );
    });

    it('convert the variance of batch normalization where the batch size is known', async () => {
      const model = tf.sequential({layers: [L.batchNormalization({name: 'norm', inputShape: [2, 3, 1]})]});
      const file = await toTorch(model, {batchSize: 2});
      const {tensors, metadata} = readSafetensors(file);
      expect([...present(tensors.get('norm.running_var')).data]).toEqual([Math.fround(12 / 11)]);
      expect(JSON.parse(present(metadata['modules']))).toEqual({norm: {eps: 1e-3, momentum: 1 - 0.99}});
      await fromTorch(file, model, {batchSize: 2});
      expect(present(model.getWeights()[3]).dataSync()[0]).toBeCloseTo(1, 6);
      expect([...present(readSafetensors(await toTorch(model)).tensors.get('norm.running_var')).data][0]).toBeCloseTo(
        1,
        6,
      );
      await expectAsync(toTorch(model, {batchSize: 0})).toBeRejectedWithError(
        '`batchSize` must be a positive integer; got 0.',
      );
    });

    it('refuse modules that were made with other numbers', async () => {
      const model = tf.sequential({layers: [L.layerNormalization({name: 'norm', inputShape: [4]})]});
      const file = changed(await toTorch(model), (_, metadata) => {
        metadata['modules'] = '{"norm":{"eps":0.00001}}';
      });
      await expectAsync(fromTorch(file, model)).toBeRejectedWithError(
        "'norm' has eps 0.00001 in the file; the layer here has 0.001. Make it alike. Pass lossy: true to go on " +
          'without it.',
      );
      const warn = spyOn(console, 'warn');
      await fromTorch(file, model, {lossy: true});
      expect(warn).toHaveBeenCalledTimes(1);
    });

    it('take the variables of a model without layers', async () => {
      const w = tf.variable(tf.tensor2d([1, 2], [1, 2]), true, 'w');
      const steps = tf.variable(tf.tensor1d([3], 'int32'), false, 'steps');
      const names = {w: {name: 'net.weight', axes: [1, 0]}};
      const optimizer = sgd(0.1, {mom: 0.9, params: [w]});
      optimizer.minimize(() => w.square().sum());
      const file = await toTorch([w, steps], {names, optimizer});
      const {tensors} = readSafetensors(file);
      expect(present(tensors.get('net.weight')).shape).toEqual([2, 1]);
      expect(present(tensors.get('state.net.weight.momentum_buffer')).shape).toEqual([2, 1]);
      const saved = w.arraySync();
      optimizer.minimize(() => w.square().sum());
      await fromTorch(file, [w, steps], {names, optimizer});
      expect(w.arraySync()).toEqual(saved);
      expect(await toTorch([w, steps], {names, optimizer})).toEqual(file);
    });

    it('refuse what depends on more than the layer tells', async () => {
      const norm = tf.sequential({layers: [L.layerNormalization({name: 'norm', axis: [1, 2], inputShape: [2, 3]})]});
      await expectAsync(toTorch(norm)).toBeRejectedWithError(
        /^The layer 'norm' \(LayerNormalization\) has no counterpart in PyTorch: it normalizes 2 axes, whose order/,
      );
      const shared = L.dense({name: 'shared', units: 1});
      const inputs = [
        [2, 2, 3],
        [3, 2, 2],
      ].map(shape => tf.input({shape}));
      const outputs = inputs.flatMap(input => shared.apply(L.flatten().apply(input)));
      const model = tf.model({inputs, outputs: outputs.filter(one => one instanceof tf.SymbolicTensor)});
      await expectAsync(toTorch(model)).toBeRejectedWithError(
        /^The layer 'shared' \(Dense\) has no counterpart in PyTorch: it reads flattened images of sev/,
      );
    });

    it('refuse a name of a layer that is not a text', async () => {
      await expectAsync(toTorch(dense(), {names: {dense: {name: 'x', axes: [0]}}})).toBeRejectedWithError(
        "The name of the layer 'dense' must be a text; only weights can have axes.",
      );
    });

    it('refuse names that are empty or of another kind, and axes that are not those of the weight', async () => {
      const rows: ReadonlyArray<readonly [names: unknown, message: RegExp]> = [
        [{dense: ''}, /^The name of the layer 'dense' must not be empty\. .*: {'dense\/kernel': 'weight'}\.$/],
        [{'dense/kernel': ''}, /must not be empty; give the full name of a parameter\.$/],
        [{'dense/kernel': {name: '', axes: [1, 0]}}, /must not be empty; give the full name/],
        [{'dense/kernel': {nmae: 'w'}}, /must have a text, or {name, axes}, for 'dense\/kernel'; got {nmae: 'w'}\.$/],
        [{'dense/kernel': 3}, /must have a text, or {name, axes}, for 'dense\/kernel'; got 3\.$/],
        [{'dense/kernel': {name: 'w', axis: [1, 0]}}, /has 'axis'; it may have name and axes\.$/],
        [{'dense/kernel': {name: 'w', axes: [0, 0]}}, /'axes' must be an order of the axes 0, 1; got \[0, 0\]\.$/],
        [{'dense/kernel': {name: 'w', axes: [0]}}, /'axes' must be an order of the axes 0, 1; got \[0\]\.$/],
        [null, /^`names` must be an object, {dense: 'fc'}; got null\.$/],
      ];
      for (const [names, message] of rows) {
        const result: unknown = Reflect.apply(toTorch, undefined, [dense(), {names}]);
        await expectAsync(Promise.resolve(result)).toBeRejectedWithError(message);
      }
    });

    it('refuse slopes that PyTorch does not have', async () => {
      const prelu = tf.sequential({layers: [L.prelu({name: 'slopes', inputShape: [2, 2, 3]})]});
      await expectAsync(toTorch(prelu)).toBeRejectedWithError(
        /^The layer 'slopes' \(PReLU\) has no counterpart in PyTorch: its slopes have the shape \[2,2,3\]/,
      );
    });
  },
  ['wasm', 'webgl'],
);
