import type * as tf from '@tensorflow/tfjs-core';
import {env} from '@tensorflow/tfjs-core';

import {kept} from '../../util/memo';
import type {FusedBackend} from '../kernel';
import {leastTotals, stagesOf} from '../shader/stages';
import {Canvas} from './canvas';
import {Run} from './run';
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
    for (const stage of stagesOf(plan, leastTotals(plan), canvas.mostTargets, false))
      canvas.program(plan, stage, ['matrix', ...plan.inputs.map(() => 'alike' as const)]);
  },

  run(step, backend) {
    const webgl = assertWebGL(backend);
    const canvas = canvasOf(webgl);
    canvas.check(false);
    const run = new Run(webgl, canvas, step);
    try {
      const {numBytesInGPUAllocated: before} = webgl.memory();
      run.prepare();
      run.draw();
      canvas.check(webgl.memory().numBytesInGPUAllocated > before);
    } catch (error) {
      run.abandon();
      throw error;
    }
    return run.commit();
  },
};

function canvasOf(webgl: WebGLBackend): Canvas {
  return kept(canvases, webgl, () => new Canvas(webgl.gpgpu.gl));
}

function assertWebGL(backend: tf.KernelBackend): WebGLBackend {
  if (!isWebGLBackend(backend) || !env().getBool('WEBGL_RENDER_FLOAT32_ENABLED') || !env().getBool('WEBGL_PACK')) {
    throw new Error('fusing on the backend webgl takes packed float32 textures');
  }
  return backend;
}
