/**
 * WGSL from a plan. A parameter's tensors are bound once each, those that are outputs for writing in place. What reductions and totals need is in one
 * buffer, `scratch`: first the totals, then what each parameter adds to them, then the parts of sums and, for each class and pass, the sums.
 */
import type {Output, Reduction} from './graph';
import type {Plan} from './plan';
import {reductionAt, shaderLines, type ShaderLines} from './shader_lines';
import {wgsl, WGSL_OPERATIONS} from './webgpu_ops';

/** Threads that work together. */
export const WORKGROUP = 64;
/** The words of `own`. */
export const OWN_WORDS = 12;

/** The tensors of a parameter that shaders of the plan use, in the order of their bindings, which start at 3. */
export function boundNames({inputs, outputs}: Plan): string[] {
  return [...new Set([...inputs, ...outputs].map(({name}) => name))];
}

/** Writes the outputs of the parameter's shape. */
export function writeShader(plan: Plan, outputs: readonly Output[]): string {
  const {scalars, elements, valueOf} = linesOf(plan, outputs.map(({node}) => node));
  return shader(plan, `${scalars}for(var i=id.x;i<own.size;i+=n.x*${WORKGROUP}u){
${elements}${outputs.map(({name, node}) => `${bound(plan, name)}[i]=${valueOf(node)};`).join('')}}`);
}

/** Adds up a part of the parameter in each workgroup, for the reductions of a pass. */
export function reduceShader(plan: Plan, pass: number): string {
  const reductions = (plan.passes[pass]?.reductions ?? []).map(index => reductionAt(plan.graph, index));
  const {scalars, elements, valueOf} = linesOf(plan, reductions.map(({arg}) => arg));
  const each = (text: (i: number, arg: string, op: Reduction) => string): string => reductions.map(({op, arg}, i) => text(i, valueOf(arg), op)).join('');
  return shader(plan, `${scalars}${each(i => `var sum${i}=0.0;`)}
for(var i=id.x;i<own.size;i+=n.x*${WORKGROUP}u){
${elements}${each((i, arg) => `sum${i}+=${arg};`)}}
${each((i, _, op) => addUp(`sum${i}`, `scratch[own.parts+(own.row*${reductions.length}u+${i}u)*n.x+group.x]`, op === 'mean' ? '/f32(own.size)' : ''))}`);
}

/** Computes, in one thread, what the parameter adds to the totals, and its scalar outputs. */
export function afterShader(plan: Plan, pass: number): string {
  // What was added in a pass before is written again: all that a step adds is cleared together.
  const terms = plan.passes.slice(0, pass + 1).flatMap(({after}) => after.terms);
  const writes = plan.passes[pass]?.after.writes ?? [];
  const {scalars, valueOf} = linesOf(plan, [...terms, ...writes].map(({node}) => node));
  return shader(plan, `if(id.x==0u){${scalars}
for(var t=0u;t<own.totals;t++){scratch[own.term+t*own.terms]=0.0;}
${terms.map(({total, node}) => `scratch[own.term+${total}u*own.terms]+=${valueOf(node)};`).join('')}
${writes.map(({name, node}) => `${bound(plan, name)}[0]=${valueOf(node)};`).join('')}}`);
}

/** Adds up as many numbers for each workgroup: parts of sums to sums, and what parameters add to totals. */
export const FOLD_SHADER = `struct Fold{count:u32,start:u32,to:u32}
@group(0)@binding(0) var<storage,read_write> scratch:array<f32>;
@group(0)@binding(2) var<uniform> own:Fold;
${head()}var sum=0.0;for(var i=local;i<own.count;i+=${WORKGROUP}u){sum+=scratch[own.start+group.x*own.count+i];}
${addUp('sum', 'scratch[own.to+group.x]', '')}}`;

/** Adds up a variable over the threads of a workgroup. */
function addUp(sum: string, to: string, after: string): string {
  return `shared_sums[local]=${sum};workgroupBarrier();
for(var s=${WORKGROUP / 2}u;s>0u;s>>=1u){if(local<s){shared_sums[local]+=shared_sums[local+s];}workgroupBarrier();}
if(local==0u){${to}=shared_sums[0]${after};}workgroupBarrier();
`;
}

function head(): string {
  return `var<workgroup> shared_sums:array<f32,${WORKGROUP}>;
@compute @workgroup_size(${WORKGROUP}) fn main(@builtin(global_invocation_id) id:vec3<u32>,@builtin(num_workgroups) n:vec3<u32>,
@builtin(workgroup_id) group:vec3<u32>,@builtin(local_invocation_index) local:u32){
`;
}

function linesOf(plan: Plan, roots: readonly number[]): ShaderLines {
  return shaderLines(plan.graph, roots, wgsl, (node, index) => {
    switch (node.op) {
      case 'slot': return `slots[${node.index >> 2}].${'xyzw'.charAt(node.index & 3)}`;
      case 'total': return `scratch[${node.index}]`;
      case 'input': return `${bound(plan, node.name)}[${node.extent === 'full' ? 'i' : '0'}]`;
      default: {
        const pass = plan.passes.findIndex(({reductions}) => reductions.includes(index));
        const before = plan.passes.slice(0, pass).reduce((sum, {reductions}) => sum + reductions.length, 0);
        const own = plan.passes[pass]?.reductions ?? [];
        return `scratch[own.sums+own.rows*${before}u+own.row*${own.length}u+${own.indexOf(index)}u]`;
      }
    }
  });
}

function bound(plan: Plan, name: string): string {
  return `tensor${boundNames(plan).indexOf(name)}`;
}

function shader(plan: Plan, main: string): string {
  const written = new Set(plan.outputs.map(({name}) => name));
  return `struct Own{size:u32,row:u32,rows:u32,sums:u32,parts:u32,totals:u32,term:u32,terms:u32,nan:f32}
@group(0)@binding(0) var<storage,read_write> scratch:array<f32>;
@group(0)@binding(1) var<uniform> slots:array<vec4<f32>,${Math.ceil(plan.slots / 4) + 1}>;
@group(0)@binding(2) var<uniform> own:Own;
${boundNames(plan).map((name, i) => `@group(0)@binding(${i + 3}) var<storage,${written.has(name) ? 'read_write' : 'read'}> tensor${i}:array<f32>;`).join('\n')}
${WGSL_OPERATIONS}${head()}${main}}`;
}
