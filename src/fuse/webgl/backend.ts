import type * as tf from '@tensorflow/tfjs-core';
import {env} from '@tensorflow/tfjs-core';

import {memo} from '../../util/memo';
import type {FusedBackend} from '../kernel';
import {dispatchesOf, leastTotals} from '../shader/dispatches';
import {Canvas} from './canvas';
import {WebGLStep} from './step';
import {isWebGLBackend, type WebGLBackend} from './textures';

const canvases = new WeakMap<WebGLBackend, Canvas>();

/**
 * On tfjs's WebGL backend: one draw a parameter, or one an output where a draw has one target, writes into new
 * textures, which then take the place of the old ones.
 */
export const webglBackend: FusedBackend = {
  prepare(plan, backend) {
    const canvas = canvasOf(assertWebGL(backend));
    // Nothing compiles then, and the step will say so.
    if (canvas.isLost) return;
    for (const dispatch of dispatchesOf(plan, leastTotals(plan), canvas.mostTargets, false))
      canvas.program(plan, dispatch, ['matrix', ...plan.inputs.map(() => 'alike' as const)]);
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
    throw new Error('fusing on the backend webgl takes packed float32 textures');
  }
  return backend;
}
