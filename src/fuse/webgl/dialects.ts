/** What the shaders of WebGL 1 and of WebGL 2 write differently. */
export interface Dialect {
  /**
   * Whether what all elements share can be computed at the corners of the triangle, and handed over to the fragments
   * without interpolation.
   */
  readonly handsOver: boolean;
  /** The i-th texture as an argument of `fetch` and `pair`. */
  texture(i: number): string;
  /** The beginning of a shader, for the number of lanes, and of textures and words that it reads, and of targets. */
  begin(lanes: number, textures: number, words: number, targets: number): string;
  /** Declares `to`, the array of targets. */
  targets(count: number): string;
  /** The vertex shader, which places the corners of the triangle. It begins with `begin`, and runs `given` first. */
  corners(begin: string, given: string): string;
}

/** GLSL ES 3.00: integers of 32 bits, textures read by texel, several targets. */
export const WEBGL2: Dialect = {
  handsOver: true,
  texture: i => `textures[${i}]`,
  begin: (lanes, textures, words) => `#version 300 es
${common(lanes, textures)}precision highp sampler2D;
uniform ivec4 words[${words}];
#define number(k,i) intBitsToFloat(words[k][i])
#define FROM from
#define SOURCE sampler2D from
#define fetch(from,at) texelFetch(from,at,0)
#define REPEAT(condition) for(;condition;)
#define select mix
#define none() F(uintBitsToFloat(0x7fc00000u))
#define least uintBitsToFloat(0xff800000u)
B isNaN(F a){return greaterThan(floatBitsToUint(a)&0x7fffffffu,uvec${lanes}(0x7f800000u));}
`,
  targets: count => `layout(location=0) out vec4 to[${count}];`,
  corners: (begin, given) =>
    `${begin}void main(){${given}gl_Position=vec4(vec2(gl_VertexID&1,gl_VertexID>>1)*4.-1.,0,1);}`,
};

/**
 * GLSL ES 1.00: textures read by coordinates, no operations on bits, loops of a constant length, several targets only
 * with an extension.
 */
export const WEBGL1: Dialect = {
  handsOver: false,
  texture: i => `textures[${i}],sizes[${i}]`,
  begin: (lanes, textures, words, targets) =>
    (targets > 1 ? '#extension GL_EXT_draw_buffers:require\n' : '') +
    common(lanes, textures) +
    `uniform vec2 sizes[${textures}];uniform ivec4 words[${words}];uniform vec4 numbers[${words}];` +
    `uniform float nan;uniform float least;
#define number(k,i) numbers[k][i]
#define FROM from,size
#define SOURCE sampler2D from,vec2 size
#define REPEAT(condition) for(int k=0;k<16777216;k++)if(!(condition))break;else
#define none() F(nan)
#define to gl_FragData
vec4 fetch(SOURCE,ivec2 at){return texture2D(from,(vec2(at)+.5)/size);}
F select(F a,F b,B c){return F(${['x', 'y', 'z', 'w']
      .slice(0, lanes)
      .map(lane => `c.${lane}?b.${lane}:a.${lane}`)
      .join()});}
B isNaN(F a){return not(B(F(greaterThan(a,F(0)))+F(lessThan(a,F(1)))));}
`,
  targets: () => '',
  corners: () => 'attribute vec2 corner;void main(){gl_Position=vec4(corner,0,1);}',
};

function common(lanes: number, textures: number): string {
  return `precision highp float;precision highp int;
#define F vec${lanes}
#define B bvec${lanes}
uniform sampler2D textures[${textures}];
#define lt lessThan
#define le lessThanEqual
#define eq equal
`;
}
