/**
 * Makes GLSL from a plan. Every output is a texture packed as tfjs packs it: a texel holds two rows and two columns,
 * and padding is 0. One text serves all shapes. `Variant` says in what texts for the same values differ, and `Dialect`
 * in what WebGL 1 and 2 differ. A sum is a texture, too, with one row per parameter; the four lanes of a texel must
 * still be added.
 *
 * - `words[0]`: the width, rows, columns and number of texels of the output.
 * - `words[1]`: the parameter's row in the textures of sums; the width of the rectangle that is drawn; the number of
 *   elements of the parameter; the height of the rectangle.
 * - `words[2 + i]`: the width of the i-th input; the offset of its first element, if a texel holds one element.
 *
 * The slots follow. Code that runs per element reads the words before the slots as `at`, which is faster.
 */
import {at} from '../../util/at';
import type {Type} from '../graph';
import type {Plan} from '../plan';
import {type Dispatch, isLargest, leastTotals} from '../shader/dispatches';
import {four, fours, shaderLines} from '../shader/lines';
import type {Dialect} from './dialects';

/**
 * How an input is stored, compared with an output of the same shape: `alike`, with the same texels at the same places;
 * `moved`, with the same texels at other places; or `unpacked`, with one element per texel.
 */
export type Storage = 'alike' | 'moved' | 'unpacked';
/**
 * What is written: a single number, a large tensor of one row, or any other tensor. A texel of one row holds two
 * numbers, and saves finding the rows, which takes most of the time.
 */
type Form = 'scalar' | 'vector' | 'matrix';
/** In what programs for the same values differ: the form of the output, and the storage of each input. */
export type Variant = readonly [output: Form, ...inputs: Storage[]];

/** A program to compile. */
export interface Shader {
  readonly vertices: string;
  readonly fragments: string;
  /** The number of textures that it reads. */
  readonly sources: number;
}

/**
 * Computes the values of a dispatch. Of sums it computes parts: each sums every n-th texel of its row's share.
 * @param isLarge whether the tensor is large. Then what all elements share is not computed once per texel.
 */
export function dispatchShader(
  dialect: Dialect,
  plan: Plan,
  dispatch: Dispatch,
  [output, ...stored]: Variant,
  isLarge: boolean,
): Shader {
  const {graph, inputs, passes, slots} = plan;
  // Texture units: first the inputs, then the sums of all passes, then the totals.
  const unitOf = (pass: number, i: number): number =>
    passes.slice(0, pass).reduce((unit, {reductions}) => unit + reductions.length, inputs.length + i);
  const found = (pass: number, i: number, row: string): string =>
    `fetch(${dialect.texture(unitOf(pass, i))},ivec2(0,${row}))`;
  const sum = (...of: Parameters<typeof found>): string => `F(dot(${found(...of)},vec4(1)))`;
  const lanes = output === 'matrix' ? 4 : 2;
  const geometry = 2 + inputs.length;
  const texelOf = (i: number, at: string): string => `F(fetch(${dialect.texture(i)},${at}))`;
  const {scalars, elements, values, shared} = shaderLines(graph, dispatch, typeName, (node, index) => {
    switch (node.op) {
      case 'slot':
        return `F(number(${geometry + (node.index >> 2)},${node.index & 3}))`;
      case 'total':
        return sum(passes.length, node.index, '0');
      case 'input': {
        const i = inputs.findIndex(({name}) => name === node.name);
        const {element = 0} = node;
        if (node.element !== undefined && stored[i] !== 'unpacked') {
          const texel = `texelAt(${element >> 1},words[${i + 2}].x)`;
          return `F(fetch(${dialect.texture(i)},${texel}).${element % 2 === 0 ? 'x' : 'y'})`;
        }
        if (node.extent === 'scalar') return `F(pair(${dialect.texture(i)},words[${i + 2}],${element}).x)`;
        const from = `${dialect.texture(i)},at[${i + 2}]`;
        switch (stored[i]) {
          case 'unpacked':
            return output === 'matrix' ? `F(pair(${from},first),pair(${from},first+at[0].z))` : `pair(${from},first)`;
          case 'moved':
            return texelOf(i, `texelAt(t,at[${i + 2}].x)`);
          default:
            return texelOf(i, 'texel');
        }
      }
      default: {
        const pass = passes.findIndex(({reductions}) => reductions.includes(index));
        const of = [pass, at(passes, pass).reductions.indexOf(index), 'words[1].x'] as const;
        return node.op === 'max'
          ? `largest(${found(...of)})`
          : sum(...of) + (node.op === 'mean' ? '/F(words[1].z)' : '');
      }
    }
  });
  const compute = (set: string): string =>
    POSITIONS[output] +
    elements +
    targets(values, (value, i) =>
      isLargest(plan, dispatch, i)
        ? `=vec4(larger(F(to[${i}]),select(F(least),${value},inside))${lanes === 2 ? ',least,least' : ''})`
        : `${set}vec4(select(F(0),${value},inside)${lanes === 2 ? ',0,0' : ''})`,
    );
  const main =
    dispatch.kind !== 'sums'
      ? `ivec2 texel=ivec2(gl_FragCoord.xy);int t=texel.y*at[0].x+texel.x;${compute('=')}`
      : targets(values, (_, i) => start(isLargest(plan, dispatch, i))) +
        `int across=at[1].y,down=at[1].w,width=at[0].x,range=(at[0].w+down-1)/down;
int start=(int(gl_FragCoord.y)-at[1].x*down)*range,end=start+range<at[0].w?start+range:at[0].w,` +
        `t=start+int(gl_FragCoord.x);ivec2 leap=texelAt(across,width),texel=texelAt(t,width);
REPEAT(t<end){${compute('+=')}t+=across;texel+=leap;if(texel.x>=width)texel+=ivec2(-width,1);}`;
  const size = {
    lanes,
    textures: unitOf(passes.length, leastTotals(plan)),
    words: geometry + fours(slots),
    targets: values.length,
  } as const;
  // What all elements share is computed at the corners of the triangle, unless it is more than they can hand over.
  const handed = fours(shared.length);
  if (!isLarge || !dialect.handsOver || geometry + handed > MOST_HANDED)
    return shader(dialect, size, `\n#define at words\n`, scalars + main);
  const take = shared
    .map(([name, type], i) => `${typeName(type)} ${name}=${typeName(type)}(handed${four(i)});`)
    .join('');
  const give = [
    ...Array.from({length: geometry}, (_, i) => `at[${i}]=words[${i}];`),
    scalars,
    ...shared.map(([name], i) => `handed${four(i)}=F(${name}).x;`),
  ].join('');
  const hands = (way: string): string =>
    `flat ${way} ivec4 at[${geometry}];${handed === 0 ? '' : `flat ${way} vec4 handed[${handed}];`}`;
  return shader(dialect, size, hands('in'), take + main, hands('out'), give);
}

/**
 * Reduces a rectangle of each texture, of the size in `words[0]`, to its sum or its largest number.
 * @param areLargest per texture whether to find the largest.
 */
export function sumShader(dialect: Dialect, areLargest: readonly boolean[]): Shader {
  const count = areLargest.length;
  const part = (i: number): string => `fetch(${dialect.texture(i)},ivec2(x,int(gl_FragCoord.y)*extent.y+y))`;
  return shader(
    dialect,
    {lanes: 4, textures: count, words: 2, targets: count},
    '',
    `${targets(areLargest, start)}ivec2 extent=words[0].xy;int y=0;
REPEAT(y<extent.y){int x=0;REPEAT(x<extent.x){${targets(areLargest, (isMax, i) =>
      isMax ? `=larger(to[${i}],${part(i)})` : `+=${part(i)}`,
    )}x++;}y++;}`,
  );
}

function start(isMax: boolean): string {
  return `=vec4(${isMax ? 'least' : '0'})`;
}

/** One statement per target. */
function targets<T>(values: readonly T[], text: (value: T, i: number) => string): string {
  return values.map((value, i) => `to[${i}]${text(value, i)};`).join('');
}

function shader(
  dialect: Dialect,
  size: Readonly<Record<'lanes' | 'textures' | 'words' | 'targets', number>>,
  taken: string,
  main: string,
  given = '',
  corner = '',
): Shader {
  // GLSL has no empty arrays.
  const sources = Math.max(1, size.textures);
  const begin = dialect.begin(size.lanes, sources, size.words, size.targets);
  return {
    vertices: dialect.corners(begin + given + PRELUDE, corner),
    fragments: `${begin}${taken}${dialect.targets(size.targets)}${PRELUDE}void main(){${main}}`,
    sources,
  };
}

function typeName(type: Type): string {
  return type === 'bool' ? 'B' : 'F';
}

// The number of vectors that every machine with WebGL 2 can hand over.
const MOST_HANDED = 15;

// `first` is the index of a texel's first element, `t` that of the texel.
const POSITIONS: Readonly<Record<Form, string>> = {
  scalar: 'B inside=B(1,0);',
  vector: 'int first=2*t;B inside=B(1,first+1<at[0].z);',
  matrix:
    'int w=(at[0].z+1)/2,h=(at[0].y+1)/2,line=t/w,column=2*(t-line*w),batch=line/h,row=2*(line-batch*h),' +
    `first=(batch*at[0].y+row)*at[0].z+column;
bool right=column+1<at[0].z,below=row+1<at[0].y;B inside=B(1,right,below,right&&below);`,
};

// `texelAt`: GPUs divide integers slowly. Textures are low enough for a division of floats to be off by 1 at most.
const PRELUDE =
  `B and(B a,B b){return B(F(a)*F(b));}
B or(B a,B b){return B(F(a)+F(b));}
F larger(F a,F b){return select(max(a,b),none(),or(isNaN(a),isNaN(b)));}
F largest(vec4 a){return larger(larger(F(a.x),F(a.y)),larger(F(a.z),F(a.w)));}
F divide(F a,F b){return select(a/b,F(1),equal(a,b));}
ivec2 texelAt(int t,int width){int y=int(float(t)/float(width)),x=t-y*width,off=int(x>=width)-int(x<0);` +
  `return ivec2(x-off*width,y+off);}
vec2 pair(SOURCE,ivec4 at,int i){ivec2 a=texelAt(i+at.y,at.x),b=a.x+1<at.x?a+ivec2(1,0):ivec2(0,a.y+1);
return vec2(fetch(FROM,a).x,fetch(FROM,b).x);}
`;
