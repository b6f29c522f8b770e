import {mkdir, readFile, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {io} from '@tensorflow/tfjs';

const MODEL = 'model.json';
const WEIGHTS = 'weights.bin';

/**
 * A folder as a place to save models to and load them from, in the layout of tfjs-node's `file://`: `model.json` and `weights.bin`.
 * Plain TensorFlow.js has none in Node. `model.save`, `tf.loadLayersModel`, `saveOptimizer` and `loadOptimizer` take it.
 */
export function fileSystem(folder: string): io.IOHandler {
  return {
    async save({weightData = new ArrayBuffer(0), weightSpecs = [], modelTopology, ...rest}) {
      if (modelTopology === undefined) throw new Error('There is nothing to save: the model has no topology.');
      const data = io.CompositeArrayBuffer.join(weightData);
      await mkdir(folder, {recursive: true});
      await writeFile(join(folder, WEIGHTS), new Uint8Array(data));
      await writeFile(join(folder, MODEL), JSON.stringify({...rest, modelTopology, weightsManifest: [{paths: [WEIGHTS], weights: weightSpecs}]}));
      return {
        modelArtifactsInfo: {
          dateSaved: new Date(), modelTopologyType: 'JSON', modelTopologyBytes: JSON.stringify(modelTopology).length, weightDataBytes: data.byteLength,
        },
      };
    },

    async load() {
      const model: unknown = JSON.parse(await readFile(join(folder, MODEL), 'utf8'));
      if (!isModel(model)) throw new Error(`${join(folder, MODEL)} is not a model of TensorFlow.js: it has no weightsManifest.`);
      return io.getModelArtifactsForJSON(model, async manifest => {
        const files = await Promise.all(manifest.flatMap(({paths}) => paths).map(path => readFile(join(folder, path))));
        return [io.getWeightSpecs(manifest), new Uint8Array(Buffer.concat(files)).buffer];
      });
    },
  };
}

type ModelJSON = Parameters<typeof io.getModelArtifactsForJSON>[0];

function isModel(x: unknown): x is ModelJSON {
  return typeof x === 'object' && x !== null && 'weightsManifest' in x && Array.isArray(x.weightsManifest);
}
