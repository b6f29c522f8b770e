import type {io} from '@tensorflow/tfjs-core';

/** Saves into memory, and loads copies of what was saved. */
export function memoryHandler(): io.IOHandler & {artifacts(): io.ModelArtifacts} {
  let saved: io.ModelArtifacts | undefined;
  const artifacts = () => {
    if (saved === undefined) throw new Error('Nothing was saved in this handler.');
    return structuredClone(saved);
  };
  return {
    artifacts,
    save: given => {
      saved = structuredClone(given);
      return Promise.resolve({modelArtifactsInfo: {dateSaved: new Date(0), modelTopologyType: 'JSON'}});
    },
    load: () => Promise.resolve(artifacts()),
  };
}
