/**
 * Assembles WebAssembly text into a binary, in an eighth of the size of a full assembler: the package has to be small, and its modules need
 * functions of folded instructions on one imported memory. Text → nested lists → sections.
 *
 *   (module (import "env" "memory" (memory 0)) (import "env" "f" (func $f (param f64) (result f64)))
 *     (func $name (export "name") (param $p i32) (result f32) (local $x v128) …folded instructions…))
 */
import {INSTRUCTIONS, TYPES, unsigned} from './opcodes';

type Node = string | readonly Node[];
type List = readonly Node[];

/** What names stand for inside a function. */
interface Scope {
  readonly functions: ReadonlyMap<string, number>;
  readonly locals: ReadonlyMap<string, number>;
  /** Innermost last. */
  readonly labels: readonly string[];
}

/** The binary of a module. @throws for what is not known, naming it. */
export function assembleText(text: string): Uint8Array<ArrayBuffer> {
  const module = parse(text);
  const imports = module.filter(isForm('import'));
  const functions = module.filter(isForm('func'));
  const imported = imports.map(([, , , what]) => what).filter(isForm('func'));
  const signatures = new Map<string, readonly number[]>();
  const typeIndex = (func: List): number => {
    const bytes = signatureOf(func);
    signatures.set(bytes.join(), bytes);
    return [...signatures.keys()].indexOf(bytes.join());
  };
  const names = new Map([...imported, ...functions].map((func, i) => [nameOf(func) ?? `#${i}`, i]));
  const importSection = imports.map(([, from, name, what]) => [...string(from), ...string(name), ...description(list(what), typeIndex)]);
  const functionSection = functions.map(func => unsigned(typeIndex(func)));
  const exportSection = functions.flatMap((func, i) => func.filter(isForm('export')).map(([, name]) => [...string(name), 0, ...unsigned(imported.length + i)]));
  const codeSection = functions.map(func => sized(body(func, names)));
  return Uint8Array.from([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, ...section(1, [...signatures.values()]), ...section(2, importSection), ...section(3, functionSection),
    ...section(7, exportSection), ...section(10, codeSection)]);
}

// Text

function parse(text: string): List {
  const stack: Node[][] = [[]];
  for (const [token] of text.matchAll(/[()]|"[^"]*"|[^\s()]+/g)) {
    if (token === '(') stack.push([]);
    else if (token === ')') {
      const done = stack.pop();
      stack.at(-1)?.push(done ?? []);
    } else stack.at(-1)?.push(token);
  }
  const module = stack[0]?.[0];
  if (stack.length !== 1 || module === undefined || module[0] !== 'module') throw new Error('WebAssembly text: one balanced (module …) is expected.');
  return list(module);
}

function isForm(head: string): (node: Node | undefined) => node is List {
  return (node): node is List => typeof node === 'object' && node[0] === head;
}

function list(node: Node | undefined): List {
  if (typeof node === 'object') return node;
  throw new Error(`WebAssembly text: a form is expected instead of ${String(node)}.`);
}

function word(node: Node | undefined): string {
  if (typeof node === 'string') return node;
  throw new Error(`WebAssembly text: a word is expected instead of ${JSON.stringify(node)}.`);
}

function isName(node: Node | undefined): node is string {
  return typeof node === 'string' && node.startsWith('$');
}

function nameOf(form: List): string | undefined {
  return isName(form[1]) ? form[1] : undefined;
}

// Sections

function section(id: number, entries: ReadonlyArray<readonly number[]>): number[] {
  return entries.length === 0 ? [] : [id, ...sized([...unsigned(entries.length), ...entries.flat()])];
}

function sized(bytes: readonly number[]): number[] {
  return [...unsigned(bytes.length), ...bytes];
}

function string(quoted: Node | undefined): number[] {
  return sized([...new TextEncoder().encode(word(quoted).slice(1, -1))]);
}

function description(what: List, typeIndex: (func: List) => number): number[] {
  if (what[0] === 'func') return [0, ...unsigned(typeIndex(what))];
  if (what[0] !== 'memory') throw new Error(`WebAssembly text: can't import a ${word(what[0])}.`);
  const [, minimum, maximum, shared] = what;
  const limits = [minimum, maximum].filter(limit => limit !== undefined).flatMap(limit => unsigned(Number(word(limit))));
  return [2, (maximum === undefined ? 0 : 1) + (shared === 'shared' ? 2 : 0), ...limits];
}

function type(node: Node | undefined): number {
  const found = TYPES[word(node)];
  if (found === undefined) throw new Error(`WebAssembly text: there is no type ${word(node)}.`);
  return found;
}

/** The names (where there are) and types of `(param …)`, `(result …)` or `(local …)` forms. */
function declared(func: List, kind: string): Array<{readonly name: string | undefined; readonly type: number}> {
  return func.filter(isForm(kind)).flatMap(form => nameOf(form) === undefined
    ? form.slice(1).map(node => ({name: undefined, type: type(node)}))
    : [{name: nameOf(form), type: type(form[2])}]);
}

/** The bytes of a function's type. */
function signatureOf(func: List): number[] {
  const params = declared(func, 'param');
  const results = declared(func, 'result');
  return [0x60, ...unsigned(params.length), ...params.map(each => each.type), ...unsigned(results.length), ...results.map(each => each.type)];
}

// Code

function body(func: List, functions: Scope['functions']): number[] {
  const params = declared(func, 'param');
  const locals = declared(func, 'local');
  const names = new Map([...params, ...locals].map(({name}, i) => [name ?? `#${i}`, i]));
  const header = new Set(['export', 'param', 'result', 'local']);
  const instructions = func.slice(nameOf(func) === undefined ? 1 : 2).filter(node => typeof node === 'string' || !header.has(word(node[0])));
  const scope: Scope = {functions, locals: names, labels: []};
  return [...localRuns(locals.map(local => local.type)), ...instructions.flatMap(node => code(list(node), scope)), 0x0b];
}

/** Locals are counted by runs of one type. */
function localRuns(types: readonly number[]): number[] {
  const runs: Array<{count: number; readonly type: number}> = [];
  for (const type of types) {
    const last = runs.at(-1);
    if (last?.type === type) last.count++;
    else runs.push({count: 1, type});
  }
  return [...unsigned(runs.length), ...runs.flatMap(({count, type}) => [...unsigned(count), type])];
}

function code(form: List, scope: Scope): number[] {
  const op = word(form[0]);
  if (op === 'block' || op === 'loop' || op === 'if') return nested(op, form, scope);
  const instruction = INSTRUCTIONS.get(op);
  if (instruction === undefined) throw new Error(`WebAssembly text: there is no instruction ${op}.`);
  const words = form.slice(1).filter(node => typeof node === 'string');
  const operands = form.slice(1).filter(node => typeof node !== 'string').flatMap(node => code(node, scope));
  return [...operands, ...instruction.code, ...immediate(op, words, scope)];
}

function nested(op: 'block' | 'loop' | 'if', form: List, scope: Scope): number[] {
  const label = nameOf(form) ?? '';
  const inner: Scope = {...scope, labels: [...scope.labels, label]};
  const forms = form.slice(label === '' ? 1 : 2).map(list);
  const [result] = declared(forms, 'result');
  const rest = forms.filter(node => node[0] !== 'result');
  const type = result?.type ?? 0x40;
  const all = (nodes: readonly Node[]): number[] => nodes.flatMap(node => code(list(node), inner));
  if (op !== 'if') return [op === 'block' ? 0x02 : 0x03, type, ...all(rest), 0x0b];
  const branches = rest.filter(node => node[0] === 'then' || node[0] === 'else');
  const condition = rest.filter(node => !branches.includes(node)).flatMap(node => code(node, scope));
  const [then = [], otherwise] = branches;
  return [...condition, 0x04, type, ...all(then.slice(1)), ...otherwise === undefined ? [] : [0x05, ...all(otherwise.slice(1))], 0x0b];
}

function immediate(op: string, words: readonly string[], scope: Scope): number[] {
  const [first = ''] = words;
  switch (INSTRUCTIONS.get(op)?.immediate) {
    case 'memory': return memoryImmediate(op, words);
    case 'lane': case 'shuffle': return words.map(Number);
    case 'local': return unsigned(known(scope.locals.get(first), op, first));
    case 'function': return unsigned(known(scope.functions.get(first), op, first));
    case 'label': {
      const at = scope.labels.lastIndexOf(first);
      return unsigned(scope.labels.length - 1 - known(at < 0 ? undefined : at, op, first));
    }
    case 'i32': return signed(Number(first) | 0);
    case 'f32': return [...new Uint8Array(Float32Array.of(float(first)).buffer)];
    case 'f64': return [...new Uint8Array(Float64Array.of(float(first)).buffer)];
    case 'zero': return [0];
    default: return [];
  }
}

function known(index: number | undefined, op: string, name: string): number {
  if (index === undefined) throw new Error(`WebAssembly text: (${op} ${name}) names nothing.`);
  return index;
}

/** The alignment, as a power of two, is what the instruction reads or writes unless `align=` says otherwise. */
function memoryImmediate(op: string, words: readonly string[]): number[] {
  const setting = (name: string): number | undefined => {
    const found = words.find(each => each.startsWith(`${name}=`));
    return found === undefined ? undefined : Number(found.slice(name.length + 1));
  };
  const bits = /\d+/.exec(op.slice(op.indexOf('.')))?.[0] ?? /\d+/.exec(op)?.[0];
  return [Math.log2(setting('align') ?? Number(bits) / 8), ...unsigned(setting('offset') ?? 0)];
}

function float(text: string): number {
  const value = text.endsWith('inf') ? (text.startsWith('-') ? -Infinity : Infinity) : Number(text);
  if (Number.isNaN(value) && text !== 'nan') throw new Error(`WebAssembly text: ${text} is no number.`);
  return value;
}

/** Signed LEB128. */
function signed(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (;;) {
    const byte = rest & 127;
    rest >>= 7;
    if ((rest === 0 && (byte & 64) === 0) || (rest === -1 && (byte & 64) !== 0)) return [...bytes, byte];
    bytes.push(byte | 128);
  }
}
