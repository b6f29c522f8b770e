/** A context of WebGL 1 or 2. */
export type WebGLContext = WebGLRenderingContext | WebGL2RenderingContext;

export function isWebGL2(gl: WebGLContext): gl is WebGL2RenderingContext {
  return 'drawBuffers' in gl;
}

/** How many textures a draw can write, and the call that chooses them. */
export interface Targets {
  readonly most: number;
  choose(attachments: number[]): void;
}

/** WebGL 1 has one target, and more with an extension. */
export function targetsOf(gl: WebGLContext): Targets {
  if (isWebGL2(gl))
    return {
      most: Number(gl.getParameter(gl.MAX_DRAW_BUFFERS)),
      choose: attachments => {
        gl.drawBuffers(attachments);
      },
    };
  const extension = gl.getExtension('WEBGL_draw_buffers');
  if (extension === null) return {most: 1, choose: () => undefined};
  return {
    most: Number(gl.getParameter(extension.MAX_DRAW_BUFFERS_WEBGL)),
    choose: attachments => {
      extension.drawBuffersWEBGL(attachments);
    },
  };
}

/** The triangle that is drawn. It covers the whole target. tfjs binds its own vertices before it draws. */
export interface Triangle {
  bind(): void;
  unbind(): void;
}

/** The location of the attribute `corner` in WebGL 1. Shaders of WebGL 2 compute the corners from their numbers. */
export const CORNER = 0;

/** @throws where the machine can't have vertices of our own beside those of tfjs. */
export function triangleOf(gl: WebGLContext): Triangle {
  if (isWebGL2(gl)) {
    const vertices = gl.createVertexArray();
    return {
      bind: () => {
        gl.bindVertexArray(vertices);
      },
      unbind: () => {
        gl.bindVertexArray(null);
      },
    };
  }
  const arrays = gl.getExtension('OES_vertex_array_object');
  if (arrays === null) throw new Error('WebGL 1 lacks OES_vertex_array_object on this machine');
  const vertices = arrays.createVertexArrayOES();
  arrays.bindVertexArrayOES(vertices);
  gl.bindBuffer(gl.ARRAY_BUFFER, gl.createBuffer());
  gl.bufferData(gl.ARRAY_BUFFER, Float32Array.of(-1, -1, 3, -1, -1, 3), gl.STATIC_DRAW);
  gl.enableVertexAttribArray(CORNER);
  gl.vertexAttribPointer(CORNER, 2, gl.FLOAT, false, 0, 0);
  arrays.bindVertexArrayOES(null);
  return {
    bind: () => {
      arrays.bindVertexArrayOES(vertices);
    },
    unbind: () => {
      arrays.bindVertexArrayOES(null);
    },
  };
}
