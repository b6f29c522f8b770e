/**
 * Makes WGSL from a plan. Each tensor of a parameter is bound once; outputs are written in place. Reductions and totals
 * use one buffer, `scratch`. It holds per total the terms of all parameters, and then per parameter the parts of its
 * sums. A shader that reads a sum adds its parts.
 */
import {at} from '../../util/at';
import type {Extent} from '../graph';
import type {Plan} from '../plan';
import {type Dispatch, isLargest} from '../shader/dispatches';
import {four, fours, shaderLines} from '../shader/lines';

/** The threads of a workgroup, and the largest number of sums per shader. */
export const WORKGROUP = 64;
/** The number of words of `own` before the slots. */
export const OWN_WORDS = 8;

/** The number of words of `own`, with the slots. */
export function ownWords({slots}: Plan): number {
  return OWN_WORDS + 4 * Math.max(1, fours(slots));
}

/** The tensors of a parameter that the plan's shaders use, in the order of their bindings, which start at 2. */
export function boundNames({inputs, outputs}: Plan): string[] {
  return [...new Set([...inputs, ...outputs].map(({name}) => name))];
}

export function isWritten({outputs}: Plan, tensor: string): boolean {
  return outputs.some(({name}) => name === tensor);
}

/** How many elements a thread can compute at once. */
export const LANES = [1, 4] as const;
export type Lanes = (typeof LANES)[number];

/** Four where the elements of a parameter fill vectors of four. Reading one number takes as long as reading four. */
export function mostLanes(size: number): Lanes {
  return size > 0 && size % 4 === 0 ? 4 : 1;
}

/** How many elements a thread of a dispatch computes at once. @param most what `mostLanes` gives for its tensor. */
export function lanesOf({kind}: Dispatch, most: Lanes): Lanes {
  return kind === 'sums' || kind === 'tensors' ? most : 1;
}

/** Computes the values of a dispatch. Each workgroup computes a part of sums; one thread computes terms and scalars. */
export function dispatchShader(plan: Plan, dispatch: Dispatch, lanes: Lanes): string {
  const {graph, inputs, outputs, passes, slots} = plan;
  const names = boundNames(plan);
  const sums = passes.flatMap(({reductions}) => reductions);
  const tensor = (name: string, index: string): string => `tensor${names.indexOf(name)}[${index}]`;
  const {scalars, elements, values} = shaderLines(
    graph,
    dispatch,
    () => 'let',
    (node, index) => {
      switch (node.op) {
        case 'slot':
          return `F(own.slots${four(node.index)})`;
        case 'total':
          return `F(fold(${node.index}u*own.terms,own.terms))`;
        case 'input':
          return node.extent === 'full'
            ? tensor(node.name, 'i')
            : `F(${tensor(node.name, String(node.element ?? 0))})`;
        default:
          return [
            `F(${node.op === 'max' ? 'largest' : 'fold'}(own.sums+${sums.indexOf(index)}u*own.parts,own.parts)`,
            node.op === 'mean' ? '/f32(own.size))' : ')',
          ].join('');
      }
    },
  );
  const lane = lanes === 1 ? '' : '.x';
  const forEach = (text: string): string =>
    `let end=own.size/${lanes}u;let step=n.x*${WORKGROUP}u;for(var i=id.x;i<end;i+=step){${elements}${text}}`;
  const once = (text: string): string => `if(id.x==0u){${text}}`;
  const each = (text: (value: string, i: number) => string): string => values.map(text).join('');
  const isMax = (i: number): boolean => isLargest(plan, dispatch, i);
  const fourOf = (sum: string): string => `larger(larger(${sum}.x,${sum}.y),larger(${sum}.z,${sum}.w))`;
  /** The i-th sum of a thread as one number. */
  const oneOf = (i: number): string => (lanes === 1 ? `sum${i}` : isMax(i) ? fourOf(`sum${i}`) : `dot(sum${i},F(1))`);
  const firstSum = (): number => sums.indexOf(at(at(passes, dispatch.pass).reductions, dispatch.first));
  const write = (extent: Extent): string =>
    dispatch.outputs
      .map((output, i) => {
        if (output.extent !== extent) return '';
        const value = at(values, i);
        return extent === 'full'
          ? `${tensor(output.name, 'i')}=${value};`
          : `${tensor(output.name, '0')}=${value}${lane};`;
      })
      .join('');
  const computations: Readonly<Record<Dispatch['kind'], () => string>> = {
    // Each thread shares its sums with the workgroup. Then one thread per sum adds the shares.
    sums: () =>
      each((_, i) => `var sum${i}=F(${isMax(i) ? 'own.least' : '0'});`) +
      forEach(each((value, i) => `sum${i}${isMax(i) ? `=largerOf(sum${i},${value})` : `+=${value}`};`)) +
      '\n' +
      each((_, i) => `shares[${i * WORKGROUP}u+local]=${oneOf(i)};`) +
      `workgroupBarrier();
if(local<${values.length}u){let isMax=${each((_, i) => (isMax(i) ? `local==${i}u||` : ''))}false;` +
      `var sum=select(0f,own.least,isMax);
for(var i=0u;i<${WORKGROUP}u;i++){let share=shares[local*${WORKGROUP}u+i];` +
      `sum=select(sum+share,larger(sum,share),isMax);}
scratch[own.sums+(${firstSum()}u+local)*own.parts+group.x]=sum;}`,
    terms: () => once(each((value, i) => `scratch[${dispatch.first + i}u*own.terms+own.term]=${value};`)),
    tensors: () => forEach(write('full')) + once(write('scalar')),
    scalars: () => once(write('scalar')),
  };
  const full = new Set([...inputs, ...outputs].filter(({extent}) => extent === 'full').map(({name}) => name));
  const tensors = names.map(
    (name, i) =>
      `@group(0)@binding(${i + 2}) var<storage,${isWritten(plan, name) ? 'read_write' : 'read'}> ` +
      `tensor${i}:array<${full.has(name) ? 'F' : 'f32'}>;\n`,
  );
  const of = (type: string): string => (lanes === 1 ? type : `vec4<${type}>`);
  const shares = dispatch.kind === 'sums' ? `var<workgroup> shares:array<f32,${values.length * WORKGROUP}>;\n` : '';
  return (
    `alias F=${of('f32')};alias B=${of('bool')};alias U=${of('u32')};
struct Own{size:u32,sums:u32,parts:u32,term:u32,terms:u32,nan:f32,least:f32,` +
    `slots:array<vec4<f32>,${Math.max(1, fours(slots))}>}
${tensors.join('')}${shares}${PRELUDE}{${scalars}${computations[dispatch.kind]()}}`
  );
}

// WGSL has no constants for NaN and infinity, so `own.nan` and `own.least` hold NaN and -∞.
const PRELUDE =
  `@group(0)@binding(0) var<uniform> own:Own;
@group(0)@binding(1) var<storage,read_write> scratch:array<f32>;
fn none()->F{return F(own.nan);}
fn lt(a:F,b:F)->B{return a<b;}
fn le(a:F,b:F)->B{return a<=b;}
fn eq(a:F,b:F)->B{return a==b;}
fn and(a:B,b:B)->B{return a&b;}
fn or(a:B,b:B)->B{return a|b;}
fn not(a:B)->B{return !a;}
fn isNaN(a:F)->B{return (bitcast<U>(a)&U(0x7fffffffu))>U(0x7f800000u);}
fn divide(a:F,b:F)->F{return a/b;}
fn largerOf(a:F,b:F)->F{return select(max(a,b),none(),or(isNaN(a),isNaN(b)));}
fn larger(a:f32,b:f32)->f32{let bits=max(bitcast<u32>(a)&0x7fffffffu,bitcast<u32>(b)&0x7fffffffu);` +
  `return select(max(a,b),own.nan,bits>0x7f800000u);}
fn largest(start:u32,count:u32)->f32{var most=own.least;` +
  `for(var i=0u;i<count;i++){most=larger(most,scratch[start+i]);}return most;}
fn fold(start:u32,count:u32)->f32{var sum=0f;for(var i=0u;i<count;i++){sum+=scratch[start+i];}return sum;}
@compute @workgroup_size(${WORKGROUP}) fn main(` +
  `@builtin(global_invocation_id) id:vec3<u32>,@builtin(num_workgroups) n:vec3<u32>,
@builtin(workgroup_id) group:vec3<u32>,@builtin(local_invocation_index) local:u32)`;
