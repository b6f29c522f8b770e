/**
 * GLSL from a plan. Every output is a texture packed as tfjs packs it: a texel holds two rows and two columns, or its padding, which is 0. The same
 * text serves all shapes; inputs that are stored otherwise than the output are gathered element by element, by a text of its own.
 *
 * `layouts[i]`: how the i-th texture is stored: its width in texels; for a packed one rows and columns of the tensor; for another 0 and the
 * index of the first element; the last number tells the host that it has to be gathered.
 * `layouts[<textures>]`: width, rows, columns and number of texels of the output. The next: the parameter's row in the textures of reductions, or the first
 * column of its class in that of the terms; how many texels the next one of a sum is away; the elements of the parameter.
 */
import type {InputNode, Output, Term} from './graph';
import type {Plan} from './plan';
import {reductionAt, shaderLines, type ShaderLines} from './shader_lines';
import {glsl, GLSL_OPERATIONS} from './webgl_ops';

/** A texture that a program reads. Reductions of a pass, and totals, are packed by fours. */
export type Source =
  | {readonly kind: 'input'; readonly input: InputNode}
  | {readonly kind: 'reductions'; readonly pass: number; readonly four: number}
  | {readonly kind: 'totals'; readonly four: number};

/** A program to be compiled. */
export interface Shader {
  readonly text: string;
  readonly sources: readonly Source[];
  /** The number of textures that it writes at once. */
  readonly targets: number;
}

/** The shader of a draw that writes these outputs of the parameter's shape. */
export function writeShader(plan: Plan, outputs: readonly Output[], gathered: readonly string[]): Shader {
  const sources: Source[] = [];
  const {scalars, elements, valueOf} = linesOf(plan, outputs.map(({node}) => node), sources, gathered);
  return shader(plan.slots, sources, outputs.length, () => `int row=${at(sources, 1)}.x;ivec2 texel=ivec2(gl_FragCoord.xy);
${scalars}ivec3 place=placeOf(texel.y*OUTPUT.x+texel.x,OUTPUT);bvec4 inside=isInside(place,OUTPUT);
${elements}${outputs.map(({node}, i) => `out${i}=mix(vec4(0),${valueOf(node)},inside);`).join('')}`);
}

/** The shader of a draw that adds up every `stride`-th texel of a parameter for the reductions of a pass. */
export function reduceShader(plan: Plan, pass: number, gathered: readonly string[]): Shader {
  const sources: Source[] = [];
  const {graph, passes} = plan;
  const reductions = (passes[pass]?.reductions ?? []).map(index => reductionAt(graph, index));
  const {scalars, elements, valueOf} = linesOf(plan, reductions.map(({arg}) => arg), sources, gathered);
  const sums = reductions.map(({op}, i) => `dot(sum${i},vec4(1))${op === 'mean' ? '/float(own.z)' : ''}`);
  return shader(plan.slots, sources, Math.ceil(sums.length / 4), () => `ivec4 own=${at(sources, 1)};int row=own.x;
${scalars}vec4 ${reductions.map((_, i) => `sum${i}=vec4(0)`).join()};
for(int t=int(gl_FragCoord.x);t<OUTPUT.w;t+=own.y){ivec2 texel=texelAt(t,OUTPUT.x);ivec3 place=placeOf(t,OUTPUT);bvec4 inside=isInside(place,OUTPUT);
${elements}${reductions.map(({arg}, i) => `sum${i}+=mix(vec4(0),${valueOf(arg)},inside);`).join('')}}
${byFours(sums)}`);
}

/** The shader of a draw that computes what each parameter of a class adds to the totals: a texel for each parameter. */
export function termsShader(plan: Plan, terms: readonly Term[], totals: number): Shader {
  const sources: Source[] = [];
  const {scalars, valueOf} = linesOf(plan, terms.map(({node}) => node), sources);
  const sums = Array.from({length: totals}, (_, total) => ['0.', ...terms.filter(term => term.total === total).map(({node}) => `${valueOf(node)}.x`)].join('+'));
  return shader(plan.slots, sources, Math.ceil(totals / 4), () => `int row=int(gl_FragCoord.x)-${at(sources, 1)}.x;\n${scalars}${byFours(sums)}`);
}

/** The shader of a draw that writes these scalar outputs. */
export function scalarShader(plan: Plan, outputs: readonly Output[]): Shader {
  const sources: Source[] = [];
  const {scalars, valueOf} = linesOf(plan, outputs.map(({node}) => node), sources);
  return shader(plan.slots, sources, outputs.length, () => `int row=${at(sources, 1)}.x;\n${scalars}${outputs.map(({node}, i) => `out${i}=vec4(${valueOf(node)}.x,0,0,0);`).join('')}`);
}

/** The shader of a draw that adds up every `stride`-th texel of a row, in as many textures. */
export function sumShader(textures: number): Shader {
  const each = (text: (i: number) => string): string => Array.from({length: textures}, (_, i) => text(i)).join('');
  const sources = Array.from({length: textures}, (_, four): Source => ({kind: 'totals', four}));
  return shader(0, sources, textures, () => `${each(i => `out${i}=vec4(0);`)}
for(int x=int(gl_FragCoord.x);x<OUTPUT.x;x+=${at(sources, 1)}.y){ivec2 texel=ivec2(x,gl_FragCoord.y);${each(i => `out${i}+=texelFetch(textures[${i}],texel,0);`)}}`);
}

function linesOf({graph, passes}: Plan, roots: readonly number[], sources: Source[], gathered: readonly string[] = []): ShaderLines {
  const texture = (source: Source): string => {
    const known = sources.findIndex(other => JSON.stringify(other) === JSON.stringify(source));
    return `textures[${known < 0 ? sources.push(source) - 1 : known}]`;
  };
  return shaderLines(graph, roots, glsl, (node, index) => {
    switch (node.op) {
      case 'slot': return `vec4(slots[${node.index >> 2}].${channel(node.index)})`;
      case 'total': return `vec4(texelFetch(${texture({kind: 'totals', four: node.index >> 2})},ivec2(0),0).${channel(node.index)})`;
      case 'input': {
        const from = texture({kind: 'input', input: node});
        const layout = from.replace('textures', 'layouts');
        if (node.extent === 'scalar') return `vec4(element(${from},${layout},0))`;
        return gathered.includes(node.name) ? `gather(${from},${layout},place,OUTPUT)` : `texelFetch(${from},texel,0)`;
      }
      default: {
        const pass = passes.findIndex(each => each.reductions.includes(index));
        const i = passes[pass]?.reductions.indexOf(index) ?? -1;
        return `vec4(texelFetch(${texture({kind: 'reductions', pass, four: i >> 2})},ivec2(0,row),0).${channel(i)})`;
      }
    }
  });
}

function channel(i: number): string {
  return 'xyzw'.charAt(i & 3);
}

function byFours(values: readonly string[]): string {
  return Array.from({length: Math.ceil(values.length / 4)}, (_, i) =>
    `out${i}=vec4(${Array.from({length: 4}, (__, j) => values[4 * i + j] ?? '0').join()});`).join('');
}

function at(sources: readonly Source[], offset: number): string {
  return `layouts[${sources.length + offset}]`;
}

function shader(slots: number, sources: readonly Source[], targets: number, main: () => string): Shader {
  const outputs = Array.from({length: targets}, (_, i) => `layout(location=${i}) out vec4 out${i};\n`).join('');
  const text = `#version 300 es
precision highp float;precision highp int;precision highp sampler2D;
uniform sampler2D textures[${Math.max(1, sources.length)}];uniform ivec4 layouts[${sources.length + 2}];uniform vec4 slots[${Math.ceil(slots / 4) + 1}];
${outputs}${GLSL_OPERATIONS}${ADDRESSING}#define OUTPUT ${at(sources, 0)}
void main(){
${main()}
}`;
  return {text, sources, targets};
}

const ADDRESSING = `
ivec2 divmod(int a,int b){int q=a/b;return ivec2(q,a-q*b);}
ivec2 texelAt(int i,int width){return divmod(i,width).yx;}
ivec3 placeOf(int t,ivec4 to){ivec2 c=divmod(t,(to.z+1)/2),r=divmod(c.x,(to.y+1)/2);return ivec3(r.x,2*r.y,2*c.y);}
bvec4 isInside(ivec3 p,ivec4 to){bool r=p.y+1<to.y,c=p.z+1<to.z;return bvec4(true,c,r,r&&c);}
float element(sampler2D from,ivec4 at,int i){
if(at.y==0)return texelFetch(from,texelAt(i+at.z,at.x),0).x;
ivec2 c=divmod(i,at.z),r=divmod(c.x,at.y);
return texelFetch(from,texelAt((r.x*((at.y+1)/2)+r.y/2)*((at.z+1)/2)+c.y/2,at.x),0)[2*(r.y&1)+(c.y&1)];}
vec4 gather(sampler2D from,ivec4 at,ivec3 p,ivec4 to){int i=(p.x*to.y+p.y)*to.z+p.z,j=i+to.z;
return vec4(element(from,at,i),element(from,at,i+1),element(from,at,j),element(from,at,j+1));}
`;
