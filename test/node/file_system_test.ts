import {existsSync} from 'node:fs';
import {copyFile, mkdir, mkdtemp, readdir, readFile, rename, rm, stat, truncate, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join, relative} from 'node:path';
import {pathToFileURL} from 'node:url';

import {adam, checkpoint, loadOptimizer, saveOptimizer} from '../../src';
import {fileSystem} from '../../src/file_system';
import {describeBackends} from '../support/backends';
import {bitsOf} from '../support/bits';
import {present} from '../support/present';
import {disposeModels, expectSame, reloaded} from '../support/resuming';
import {compiled, smallNet, train} from '../support/small_net';
import {tf} from '../support/tfjs';

describeBackends('fileSystem', () => {
  let folder = '';
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tfjs-optim-'));
  });
  afterEach(() => rm(folder, {recursive: true}));

  const file = (name: string) => join(folder, name);
  const model = (units = 1) =>
    tf.sequential({
      layers: [tf.layers.dense({units, inputShape: [2], kernelInitializer: tf.initializers.glorotUniform({seed: 5})})],
    });
  const load = () => tf.loadLayersModel(fileSystem(folder));
  const weights = async (from: tf.LayersModel) => {
    const bits = await bitsOf(from.getWeights());
    from.dispose();
    return bits;
  };
  /** Artifacts of a model with one weight, in which each number is `value`. */
  const artifacts = (value: number, size = 4) => ({
    modelTopology: {value},
    weightSpecs: [{name: 'w', shape: [size], dtype: 'float32' as const}],
    weightData: new Float32Array(size).fill(value).buffer,
  });
  const valuesIn = async () => {
    const {modelTopology, weightData = new ArrayBuffer(0)} = await fileSystem(folder).load();
    return {
      topology: modelTopology,
      weights: [...new Set(new Float32Array(tf.io.CompositeArrayBuffer.join(weightData)))],
    };
  };

  it("writes model.json and weights.bin in TensorFlow.js's layout, and nothing else", async () => {
    const net = model();
    const {modelArtifactsInfo} = await net.save(fileSystem(folder));
    expect((await readdir(folder)).sort()).toEqual(['model.json', 'weights.bin']);
    const written: unknown = JSON.parse(await readFile(file('model.json'), 'utf8'));
    expect(written).toEqual(
      jasmine.objectContaining({
        format: 'layers-model',
        modelTopology: jasmine.objectContaining({class_name: 'Sequential'}),
        weightsManifest: [jasmine.objectContaining({paths: ['weights.bin']})],
      }),
    );
    expect((await stat(file('weights.bin'))).size).toBe(12);
    expect(modelArtifactsInfo.weightDataBytes).toBe(12);
    expect(modelArtifactsInfo.modelTopologyType).toBe('JSON');
    net.dispose();
  });

  it('writes files that tf.io.browserHTTPRequest loads, as on a page', async () => {
    const net = model();
    await net.save(fileSystem(folder));
    const fetchFunc = async (url: unknown) =>
      new Response(await readFile(join(folder, present(String(url).split('/').at(-1)))), {
        headers: {'content-type': 'application/json'},
      });
    const again = await tf.loadLayersModel(tf.io.http('http://localhost/model.json', {fetchFunc}));
    expect(await weights(again)).toEqual(await weights(net));
  });

  for (const [what, place] of [
    ['an absolute path', (path: string) => path],
    ['a relative path', (path: string) => relative(process.cwd(), path)],
    ['a URL', (path: string) => pathToFileURL(path)],
    ['a URL as text', (path: string) => pathToFileURL(path).href],
    ['the path of model.json', (path: string) => join(path, 'model.json')],
  ] as const) {
    it(`takes ${what}`, async () => {
      const net = model();
      const path = join(folder, 'deep', 'er');
      await net.save(fileSystem(place(path)));
      expect((await readdir(path)).sort()).toEqual(['model.json', 'weights.bin']);
      expect(await weights(await tf.loadLayersModel(fileSystem(place(path))))).toEqual(await weights(net));
    });
  }

  it('saves in fit by checkpoint, and the loaded model goes on bit for bit', async () => {
    const net = compiled(smallNet('net'), adam(0.01));
    const xs = tf.ones([8, 4]);
    const ys = tf.ones([8, 1]);
    await net.fit(xs, ys, {epochs: 2, callbacks: checkpoint(fileSystem(folder))});
    const again = await load();
    await train(net, 2);
    await train(again, 2);
    await expectSame(again, net);
    disposeModels(net, again);
    tf.dispose([xs, ys]);
  });

  it('replaces a model by another, with its optimizer', async () => {
    await fileSystem(folder).save(artifacts(1, 1000));
    const net = compiled(smallNet('net'), adam(0.01));
    await train(net, 1);
    const again = await reloaded(net, fileSystem(folder));
    await train(net, 1);
    await train(again, 1);
    await expectSame(again, net);
    disposeModels(net, again);
  });

  it('saves optimizers by themselves', async () => {
    const w = tf.variable(tf.tensor1d([1, 2]), true, 'w');
    const optimizer = adam(0.1, {params: [w]});
    optimizer.minimize(() => w.square().sum().asScalar());
    await saveOptimizer(optimizer, fileSystem(folder));
    const again = await loadOptimizer(fileSystem(folder), {params: [w]});
    expect(again.iterations).toBe(1);
    optimizer.dispose();
    again.dispose();
    w.dispose();
  });

  it('saves weights without a topology', async () => {
    const {weightSpecs, weightData} = artifacts(3);
    await fileSystem(folder).save({weightSpecs, weightData});
    expect(await valuesIn()).toEqual({topology: undefined, weights: [3]});
  });

  it('refuses weights that do not fit their specs, and keeps the old files', async () => {
    const {weightSpecs, weightData} = artifacts(3);
    await fileSystem(folder).save({weightSpecs, weightData});
    await expectAsync(fileSystem(folder).save({weightSpecs, weightData: new ArrayBuffer(8)})).toBeRejectedWithError(
      'fileSystem got weights of 8 bytes; their weightSpecs need 16. Give weightData that fits.',
    );
    expect((await fileSystem(folder).load()).weightSpecs).toEqual(weightSpecs);
  });

  it('saves and loads weights in several buffers, and buffers that are larger than its chunks', async () => {
    const size = 5 * 2 ** 20;
    const values = Float32Array.from({length: size}, (_, i) => i % 1021);
    await fileSystem(folder).save({
      ...artifacts(1, size),
      weightData: [values.slice(0, 1000).buffer, values.slice(1000).buffer],
    });
    const {weightData = []} = await fileSystem(folder).load();
    expect(Array.isArray(weightData) && weightData.length).toBe(2);
    expect(Buffer.from(tf.io.CompositeArrayBuffer.join(weightData)).equals(Buffer.from(values.buffer))).toBe(true);
  });

  it('loads weights in several files, as converters write them', async () => {
    const values = Float32Array.from([1, 2, 3, 4]);
    await writeFile(file('group1-shard1of2.bin'), Buffer.from(values.buffer, 0, 6));
    await writeFile(file('group1-shard2of2.bin'), Buffer.from(values.buffer, 6));
    await writeFile(
      file('model.json'),
      JSON.stringify({
        modelTopology: {},
        weightsManifest: [
          {
            paths: ['group1-shard1of2.bin', 'group1-shard2of2.bin'],
            weights: [{name: 'w', shape: [2, 2], dtype: 'float32'}],
          },
        ],
      }),
    );
    expect((await valuesIn()).weights).toEqual([1, 2, 3, 4]);
  });

  it('loads quantized weights and strings', async () => {
    const weights = [{name: 'q', shape: [4], dtype: 'float32', quantization: {dtype: 'uint8', min: 0, scale: 1}}];
    await writeFile(file('weights.bin'), new Uint8Array([1, 2, 3, 4]));
    await writeFile(
      file('model.json'),
      JSON.stringify({modelTopology: {}, weightsManifest: [{paths: ['weights.bin'], weights}]}),
    );
    const {weightData = [], weightSpecs = []} = await fileSystem(folder).load();
    const {q} = tf.io.decodeWeights(weightData, weightSpecs);
    expect(q?.arraySync()).toEqual([1, 2, 3, 4]);
    q?.dispose();

    const {data, specs} = await tf.io.encodeWeights({text: tf.tensor1d(['one', 'three'])});
    await fileSystem(folder).save({modelTopology: {}, weightSpecs: specs, weightData: data});
    expect(new Uint8Array(tf.io.CompositeArrayBuffer.join((await fileSystem(folder).load()).weightData))).toEqual(
      new Uint8Array(data),
    );
  });

  it('saves one after the other where two saves start at once, by two handlers too, and loads the last', async () => {
    const saves = Array.from({length: 8}, (_, i) =>
      fileSystem(i % 2 === 0 ? folder : join(folder, 'model.json')).save(artifacts(i, 100_000)),
    );
    expect(await valuesIn()).toEqual({topology: {value: 7}, weights: [7]});
    await Promise.all(saves);
    expect((await readdir(folder)).sort()).toEqual(['model.json', 'weights.bin']);
  });

  it('keeps the old files where saving fails, and saves again afterwards', async () => {
    await fileSystem(folder).save(artifacts(1));
    const circular: Record<string, unknown> = {};
    circular['self'] = circular;
    await expectAsync(fileSystem(folder).save({...artifacts(2), modelTopology: circular})).toBeRejectedWithError(
      TypeError,
      /circular/,
    );
    await mkdir(file('model.json.tmp'));
    await expectAsync(fileSystem(folder).save(artifacts(2))).toBeRejectedWithError(/EISDIR/);
    expect(await valuesIn()).toEqual({topology: {value: 1}, weights: [1]});
    expect((await readdir(folder)).filter(name => name.startsWith('weights'))).toEqual(['weights.bin']);
    await rm(file('model.json.tmp'), {recursive: true});
    await fileSystem(folder).save(artifacts(3));
    expect(await valuesIn()).toEqual({topology: {value: 3}, weights: [3]});
  });

  describe('after a process that ended while it saved', () => {
    /** A folder with the files of `before`, and those of `after` before they are renamed. */
    const interrupted = async (before: number | undefined, after: number) => {
      await fileSystem(folder).save(artifacts(after));
      for (const name of ['weights.bin', 'model.json']) await rename(file(name), file(`${name}.tmp`));
      if (before !== undefined) {
        for (const name of ['weights.bin', 'model.json']) await rename(file(`${name}.tmp`), file(`${name}.kept`));
        await fileSystem(folder).save(artifacts(before));
        for (const name of ['weights.bin', 'model.json']) await rename(file(`${name}.kept`), file(`${name}.tmp`));
      }
    };

    it('loads the earlier model, where nothing was renamed', async () => {
      await interrupted(1, 2);
      expect(await valuesIn()).toEqual({topology: {value: 1}, weights: [1]});
    });

    it('loads the new model, where the weights were renamed', async () => {
      await interrupted(1, 2);
      await rename(file('weights.bin.tmp'), file('weights.bin'));
      expect(await valuesIn()).toEqual({topology: {value: 2}, weights: [2]});
    });

    it('loads the first model, where the weights were renamed', async () => {
      await interrupted(undefined, 2);
      await rename(file('weights.bin.tmp'), file('weights.bin'));
      expect(await valuesIn()).toEqual({topology: {value: 2}, weights: [2]});
    });

    it('says that there is no model, where it was the first and nothing was renamed', async () => {
      await interrupted(undefined, 2);
      await expectAsync(valuesIn()).toBeRejectedWithError(
        `There is no '${file('model.json')}'. Save a model there by model.save(fileSystem('${folder}')).`,
      );
    });

    it('says that files do not belong together, where the rest of model.json is cut short', async () => {
      await interrupted(1, 2);
      await rename(file('weights.bin.tmp'), file('weights.bin'));
      await truncate(file('model.json.tmp'), 20);
      await expectAsync(valuesIn()).toBeRejectedWithError(/^The weights in '.*' do not belong to its model\.json/);
    });

    it('saves over the remaining files', async () => {
      await interrupted(1, 2);
      await fileSystem(folder).save(artifacts(3));
      expect((await readdir(folder)).sort()).toEqual(['model.json', 'weights.bin']);
      expect(await valuesIn()).toEqual({topology: {value: 3}, weights: [3]});
    });
  });

  describe('says what is wrong:', () => {
    const rejects = async (message: string) => {
      await expectAsync(fileSystem(folder).load()).toBeRejectedWithError(message);
    };
    const notAModel = () =>
      `'${file('model.json')}' is not a model of TensorFlow.js: it is cut short, is not JSON, or has no ` +
      'weightsManifest. Save the model again.';

    it('no folder', async () => {
      const missing = file('missing');
      await expectAsync(fileSystem(missing).load()).toBeRejectedWithError(
        `There is no '${join(missing, 'model.json')}'. Save a model there by model.save(fileSystem('${missing}')).`,
      );
      expect(existsSync(missing)).toBe(false);
    });

    for (const [what, text] of [
      ['a model.json that is cut short', '{"weightsManifest": ['],
      ['a model.json with something else', '[1]'],
      ['a model.json without a manifest', '{"modelTopology": {}}'],
      ['a model.json whose manifest has no paths', '{"weightsManifest": [{"weights": []}]}'],
      [
        'a model.json whose manifest has an impossible shape',
        '{"weightsManifest": [{"paths": [], "weights": [{"name": "w", "dtype": "float32", "shape": [-1]}]}]}',
      ],
    ] as const) {
      it(what, async () => {
        await writeFile(file('model.json'), text);
        await rejects(notAModel());
      });
    }

    it('weights that are missing', async () => {
      await fileSystem(folder).save(artifacts(1));
      await rm(file('weights.bin'));
      await rejects(
        `There is no '${file('weights.bin')}', which the model.json beside it names. Copy the whole folder.`,
      );
    });

    it('a folder instead of model.json', async () => {
      await mkdir(file('model.json'));
      await expectAsync(fileSystem(folder).load()).toBeRejectedWithError(/EISDIR/);
    });

    it('a folder instead of weights', async () => {
      await fileSystem(folder).save(artifacts(1));
      await rm(file('weights.bin'));
      await mkdir(file('weights.bin'));
      await expectAsync(fileSystem(folder).load()).toBeRejectedWithError(/EISDIR/);
    });

    it('weights in an unfinished save whose path leads through a file', async () => {
      await fileSystem(folder).save(artifacts(1));
      const text = await readFile(file('model.json'), 'utf8');
      await rename(file('model.json'), file('model.json.tmp'));
      await writeFile(file('model.json.tmp'), text.replace('"weights.bin"', '"weights.bin/deeper.bin"'));
      await expectAsync(fileSystem(folder).load()).toBeRejectedWithError(/ENOTDIR/);
    });

    it('weights of another save', async () => {
      await fileSystem(folder).save(artifacts(1));
      await copyFile(file('weights.bin'), file('older.bin'));
      await fileSystem(folder).save(artifacts(2));
      await copyFile(file('older.bin'), file('weights.bin'));
      await rejects(
        `The weights in '${folder}' do not belong to its model.json: a file was changed, cut short or copied ` +
          'alone. Save the model again.',
      );
    });

    it('weights that are too short, where nothing else tells', async () => {
      await writeFile(file('weights.bin'), new Uint8Array(8));
      await writeFile(
        file('model.json'),
        JSON.stringify({
          modelTopology: {},
          weightsManifest: [{paths: ['weights.bin'], weights: [{name: 'w', shape: [3], dtype: 'float32'}]}],
        }),
      );
      await rejects(`The weights in '${folder}' have 8 bytes; its model.json expects 12. Save the model again.`);
    });

    for (const path of ['../weights.bin', '/etc/hostname', 'deeper/../../weights.bin']) {
      it(`weights outside of the folder, ${path}`, async () => {
        await writeFile(
          file('model.json'),
          JSON.stringify({modelTopology: {}, weightsManifest: [{paths: [path], weights: []}]}),
        );
        await rejects(
          `The model.json in '${folder}' names the weights '${path}', which are outside of the folder. Move them ` +
            'into it, and change the path.',
        );
      });
    }

    it('a folder that is a file', async () => {
      await writeFile(file('taken'), '');
      await expectAsync(fileSystem(file('taken')).save(artifacts(1))).toBeRejectedWithError(/EEXIST|ENOTDIR/);
    });

    it('something that is not a place', () => {
      expect(() => fileSystem('')).toThrowError("fileSystem needs the path of a folder, such as 'out/model'; got ''.");
      expect(() => fileSystem('localstorage://model')).toThrowError(
        "fileSystem needs the path of a folder, such as 'out/model'; got 'localstorage://model'. Give it to TensorFlow.js itself.",
      );
      for (const [wrong, words] of [
        [undefined, 'undefined'],
        [null, 'null'],
        [{}, '{}'],
        [3, '3'],
      ] as const) {
        expect(() => {
          Reflect.apply(fileSystem, undefined, [wrong]);
        }).toThrowError(`fileSystem needs the path of a folder, such as 'out/model'; got ${words}.`);
      }
    });

    it("artifacts that it can't save", async () => {
      await expectAsync(fileSystem(folder).save({modelTopology: new ArrayBuffer(4)})).toBeRejectedWithError(
        'fileSystem needs a topology that is JSON; got an ArrayBuffer. Give it as JSON.',
      );
      await expectAsync(
        fileSystem(folder).save({modelTopology: {}, weightSpecs: [{name: 'w', shape: [1], dtype: 'float32'}]}),
      ).toBeRejectedWithError('fileSystem needs the weights as weightData; got only weightSpecs. Add weightData.');
      expect(await readdir(folder)).toEqual([]);
    });
  });
});
