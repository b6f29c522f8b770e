import type * as tf from '@tensorflow/tfjs-core';
import {env} from '@tensorflow/tfjs-core';
import type {FusedBackend} from './kernel';
import type {Plan} from './plan';
import {canvasOn} from './webgl_canvas';
import {Run} from './webgl_run';
import {isWebGL2Backend, type WebGLBackend} from './webgl_textures';

/** On tfjs's WebGL backend, WebGL 2: one draw a parameter writes all its outputs into new textures, which then take the place of the old ones. */
export const webglBackend: FusedBackend = {
  prepare(plan, backend) {
    const webgl = webgl2(backend);
    // Nothing compiles then, and the step will say so.
    if (!webgl.gpgpu.gl.isContextLost()) canvasOn(webgl.gpgpu.gl).programs.of(plan, totalsOf(plan));
  },

  run(step, backend) {
    const webgl = webgl2(backend);
    const {gl} = webgl.gpgpu;
    if (gl.isContextLost()) {
      throw new Error('The WebGL context is lost: nothing was updated. Remove the backend, register it again, and make the variables anew.');
    }
    const run = new Run(webgl, canvasOn(gl), step);
    try {
      run.prepare();
      run.draw();
    } catch (error) {
      run.abandon();
      throw error;
    }
    return run.commit();
  },
};

function webgl2(backend: tf.KernelBackend): WebGLBackend {
  if (!isWebGL2Backend(backend) || !env().getBool('WEBGL_RENDER_FLOAT32_ENABLED') || !env().getBool('WEBGL_PACK')) {
    throw new Error('fusing on the backend webgl takes WebGL 2 with packed float32 textures');
  }
  return backend;
}

/** The least number of totals that a step with this plan has. */
function totalsOf({graph: {nodes, terms}}: Plan): number {
  return Math.max(0, ...terms.map(({total}) => total + 1), ...nodes.map(node => node.op === 'total' ? node.index + 1 : 0));
}
