import type * as tf from '@tensorflow/tfjs-core';
import {env} from '@tensorflow/tfjs-core';

import {memo} from '../../util/memo';
import type {FusedBackend} from '../kernel';
import {Canvas} from './canvas';
import {WebGLStep} from './step';
import {isWebGLBackend, type WebGLBackend} from './textures';

const canvases = new WeakMap<WebGLBackend, Canvas>();

/**
 * Fuses on tfjs's WebGL backend. One draw per parameter, or one per output where a draw has only one target, writes to
 * new textures. These replace the old ones afterwards.
 */
export const webglBackend: FusedBackend = {
  hasAxes: false,
  prepare(bucket, backend) {
    canvasOf(assertWebGL(backend)).prepare(bucket);
  },

  run(step, backend) {
    const webgl = assertWebGL(backend);
    const canvas = canvasOf(webgl);
    canvas.check(false);
    const webGLStep = new WebGLStep(webgl, canvas, step);
    try {
      const {numBytesInGPUAllocated: before} = webgl.memory();
      webGLStep.prepare();
      webGLStep.draw();
      canvas.check(webgl.memory().numBytesInGPUAllocated > before);
    } catch (error) {
      webGLStep.abandon();
      throw error;
    }
    return webGLStep.commit();
  },
};

function canvasOf(webgl: WebGLBackend): Canvas {
  return memo(canvases, webgl, () => new Canvas(webgl.gpgpu.gl));
}

function assertWebGL(backend: tf.KernelBackend): WebGLBackend {
  if (!isWebGLBackend(backend) || !env().getBool('WEBGL_RENDER_FLOAT32_ENABLED') || !env().getBool('WEBGL_PACK')) {
    throw new Error('fusing on the backend webgl needs packed float32 textures');
  }
  return backend;
}
