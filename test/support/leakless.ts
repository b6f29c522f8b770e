import {tf} from './tfjs';

/** Runs `act` and expects that as many tensors and data buffers exist afterwards as before. */
export async function leakless<T>(act: () => T | Promise<T>): Promise<T> {
  const before = counts();
  const result = await act();
  expect(counts()).withContext('tf.memory()').toEqual(before);
  return result;
}

function counts(): {numTensors: number; numDataBuffers: number} {
  const {numTensors, numDataBuffers} = tf.memory();
  return {numTensors, numDataBuffers};
}
