/**
 * WGSL from a plan. A parameter's tensors are bound once each, those that are outputs for writing in place. What reductions and totals need is in one
 * buffer, `scratch`: for each total what each parameter adds to it, then for each parameter the parts of its sums. Who reads a sum adds up its parts.
 */
import type {Plan} from './plan';
import {four, fours, shaderLines} from './shader_lines';
import type {Stage} from './stages';

/** Threads that work together. */
export const WORKGROUP = 64;
/** The words of `own` before the slots. */
export const OWN_WORDS = 8;

/** The words of `own`, with the slots. */
export function ownWords({slots}: Plan): number {
  return OWN_WORDS + 4 * Math.max(1, fours(slots));
}

/** The tensors of a parameter that shaders of the plan use, in the order of their bindings, which start at 2. */
export function boundNames({inputs, outputs}: Plan): string[] {
  return [...new Set([...inputs, ...outputs].map(({name}) => name))];
}

export function isWritten({outputs}: Plan, tensor: string): boolean {
  return outputs.some(({name}) => name === tensor);
}

/** Computes the values of a stage: of sums a part in each workgroup, of terms and scalars all in one thread. */
export function stageShader(plan: Plan, stage: Stage): string {
  const {graph, reductions, passes, slots} = plan;
  const names = boundNames(plan);
  const tensor = (name: string, index: string): string => `tensor${names.indexOf(name)}[${index}]`;
  const {scalars, elements, values} = shaderLines(graph, stage, () => 'let', (node, index) => {
    switch (node.op) {
      case 'slot': return `own.slots${four(node.index)}`;
      case 'total': return `fold(${node.index}u*own.terms,own.terms)`;
      case 'input': return tensor(node.name, node.extent === 'full' ? 'i' : '0');
      default: return `fold(own.sums+${reductions.indexOf(index)}u*own.parts,own.parts)${node.op === 'mean' ? '/F(own.size)' : ''}`;
    }
  });
  const each = (text: (value: string, i: number) => string): string => values.map(text).join('');
  const leave = (value: string, i: number): string => stage.kind === 'terms' ? `scratch[${i}u*own.terms+own.term]=${value};`
    : `${tensor(stage.outputs[i]?.name ?? '', stage.kind === 'tensors' ? 'i' : '0')}=${value};`;
  const forEach = (text: string): string => `for(var i=id.x;i<own.size;i+=n.x*${WORKGROUP}u){${elements}${text}}`;
  const numbers = (passes[stage.pass]?.reductions ?? []).map(index => reductions.indexOf(index));
  const main = stage.kind === 'tensors' ? forEach(each(leave)) : stage.kind !== 'sums' ? `if(id.x==0u){${each(leave)}}`
    : `${each((_, i) => `var sum${i}=F(0);`)}${forEach(each((value, i) => `sum${i}+=${value};`))}
${each((_, i) => `sum${i}=addUp(local,sum${i});if(local==0u){scratch[own.sums+${numbers[i] ?? 0}u*own.parts+group.x]=sum${i};}`)}`;
  const tensors = names.map((name, i) => `@group(0)@binding(${i + 2}) var<storage,${isWritten(plan, name) ? 'read_write' : 'read'}> tensor${i}:array<F>;\n`);
  return `struct Own{size:u32,sums:u32,parts:u32,term:u32,terms:u32,nan:F,slots:array<vec4<F>,${Math.max(1, fours(slots))}>}
${tensors.join('')}${PRELUDE}{${scalars}${main}}`;
}

// WGSL has no constant that is not a number, so `own.nan` is one.
const PRELUDE = `alias F=f32;
alias B=bool;
@group(0)@binding(0) var<uniform> own:Own;
@group(0)@binding(1) var<storage,read_write> scratch:array<F>;
var<workgroup> shares:array<F,${WORKGROUP}>;
fn none()->F{return own.nan;}
fn lt(a:F,b:F)->B{return a<b;}
fn le(a:F,b:F)->B{return a<=b;}
fn eq(a:F,b:F)->B{return a==b;}
fn and(a:B,b:B)->B{return a&&b;}
fn or(a:B,b:B)->B{return a||b;}
fn not(a:B)->B{return !a;}
fn isNaN(a:F)->B{return (bitcast<u32>(a)&0x7fffffffu)>0x7f800000u;}
fn divide(a:F,b:F)->F{return a/b;}
fn addUp(local:u32,share:F)->F{shares[local]=share;workgroupBarrier();
for(var s=${WORKGROUP / 2}u;s>0u;s>>=1u){if(local<s){shares[local]+=shares[local+s];}workgroupBarrier();}
let sum=shares[0];workgroupBarrier();return sum;}
fn fold(start:u32,count:u32)->F{var sum=F(0);for(var i=0u;i<count;i++){sum+=scratch[start+i];}return sum;}
@compute @workgroup_size(${WORKGROUP}) fn main(@builtin(global_invocation_id) id:vec3<u32>,@builtin(num_workgroups) n:vec3<u32>,
@builtin(workgroup_id) group:vec3<u32>,@builtin(local_invocation_index) local:u32)`;
