import {isWebGLBackend, type TextureData, type WebGLBackend} from '../../src/fuse/webgl/textures';
import {methodCalls} from './replace_method';
import {tf} from './tfjs';

/** tfjs's WebGL backend, which must be the current one. */
export function webgl(): WebGLBackend {
  const backend = tf.backend();
  if (!isWebGLBackend(backend)) throw new Error('The backend is not WebGL.');
  return backend;
}

function textureDataOf(tensor: tf.Tensor): TextureData {
  return webgl().texData.get(tensor.dataId);
}

/** The same values in a texture packed by 2 × 2. */
export function packedCopy(tensor: tf.Tensor): tf.Tensor {
  return onGPU(() => tensor.add(0), true);
}

/** The squares of the values in a texture of one value per texel. */
export function unpackedSquare(tensor: tf.Tensor): tf.Tensor {
  return onGPU(() => tensor.square(), false);
}

function onGPU(make: () => tf.Tensor, packed: boolean): tf.Tensor {
  const forward = tf.env().getBool('WEBGL_CPU_FORWARD');
  tf.env().set('WEBGL_CPU_FORWARD', false);
  const made = tf.tidy(make);
  tf.env().set('WEBGL_CPU_FORWARD', forward);
  if (made.size > 0 && (textureDataOf(made).isPacked === true) !== packed)
    throw new Error(`tfjs stores a tensor of shape [${made.shape}] in an unexpected texture.`);
  return made;
}

/** The numbers of draws and of linked programs while `act` runs. */
export function countedCalls(act: () => void): {draws: number; links: number} {
  const {gl} = webgl().gpgpu;
  let draws = 0;
  const links = methodCalls(gl, ['linkProgram'], () => {
    draws = methodCalls(gl, ['drawArrays', 'drawElements'], act);
  });
  return {draws, links};
}
