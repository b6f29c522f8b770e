/**
 * Assembles WebAssembly text into a binary. It supports only what the package's modules need: functions of folded
 * instructions on one imported memory. That takes an eighth of the size of a full assembler. Text → nested lists →
 * bytes (encode.ts).
 *
 *   (module (import "env" "memory" (memory 0)) (import "env" "f" (func $f (param f64) (result f64)))
 *     (func $name (export "name") (param $p i32) (result f32) (local $x v128) …folded instructions…))
 */
import {at} from '../util/at';
import {own} from '../util/own';
import {
  type Bytes,
  float32,
  functionCode,
  functionType,
  type ImportKind,
  moduleBytes,
  signed,
  unsigned,
} from './encode';
import {TYPES} from './opcodes';
import {immediateOf, TEXT_INSTRUCTIONS} from './text_opcodes';

type Node = string | readonly Node[];
type List = readonly Node[];

/** The meaning of names inside a function. */
interface Scope {
  readonly functions: ReadonlyMap<string, number>;
  readonly locals: ReadonlyMap<string, number>;
  /** The innermost is the last. */
  readonly labels: readonly string[];
}

/** The binary of a module. @throws for unknown names and forms; the error names them. */
export function assembleText(text: string): Uint8Array<ArrayBuffer> {
  const module = parse(text);
  const imports = module.filter(isForm('import'));
  const functions = module.filter(isForm('func'));
  const imported = imports.map(([, , , what]) => what).filter(isForm('func'));
  // A function without a name can't be called, so any unique key will do.
  const names = new Map([...imported, ...functions].map((func, i) => [nameOf(func) ?? `#${i}`, i]));
  return moduleBytes(
    imports.map(([, from, name, what]) => ({from: string(from), name: string(name), ...description(list(what))})),
    functions.map(func => ({
      type: signatureOf(func),
      exports: func.filter(isForm('export')).map(([, name]) => string(name)),
      code: body(func, names),
    })),
  );
}

// Text

function parse(text: string): List {
  const stack: Node[][] = [[]];
  for (const [token] of text.matchAll(/[()]|"[^"]*"|[^\s()]+/g)) {
    if (token === '(') {
      stack.push([]);
      continue;
    }
    const [node, outer] = token === ')' ? [stack.pop(), stack.at(-1)] : [token, stack.at(-1)];
    if (node === undefined || outer === undefined) throw unbalanced();
    outer.push(node);
  }
  const module = at(stack, 0)[0];
  if (stack.length !== 1 || module === undefined || module[0] !== 'module') throw unbalanced();
  return list(module);
}

function unbalanced(): Error {
  return new Error('WebAssembly text must be one balanced (module …).');
}

function isForm(head: string): (node: Node | undefined) => node is List {
  return (node): node is List => typeof node === 'object' && node[0] === head;
}

function list(node: Node | undefined): List {
  if (typeof node === 'object') return node;
  throw new Error(`WebAssembly text: a form is expected; got ${String(node)}.`);
}

function word(node: Node | undefined): string {
  if (typeof node === 'string') return node;
  throw new Error(`WebAssembly text: a word is expected; got ${JSON.stringify(node)}.`);
}

function isName(node: Node | undefined): node is string {
  return typeof node === 'string' && node.startsWith('$');
}

function nameOf(form: List): string | undefined {
  return isName(form[1]) ? form[1] : undefined;
}

// Declarations

function string(quoted: Node | undefined): string {
  return word(quoted).slice(1, -1);
}

function description(what: List): ImportKind {
  if (what[0] === 'func') return {type: signatureOf(what)};
  if (what[0] !== 'memory')
    throw new Error(`WebAssembly text: only func and memory can be imported; got ${word(what[0])}.`);
  const [, minimum, maximum, shared] = what;
  const limits = [minimum, maximum]
    .filter(limit => limit !== undefined)
    .flatMap(limit => unsigned(Number(word(limit))));
  return {limits: [(maximum === undefined ? 0 : 1) + (shared === 'shared' ? 2 : 0), ...limits]};
}

function type(node: Node | undefined): number {
  const found = own<number>(TYPES, word(node));
  if (found === undefined) throw new Error(`WebAssembly text: there is no type ${word(node)}.`);
  return found;
}

/** The types of `(param …)`, `(result …)` or `(local …)` forms, and their names, which may be missing. */
function declared(func: List, kind: string): Array<{readonly name: string | undefined; readonly type: number}> {
  return func
    .filter(isForm(kind))
    .flatMap(form =>
      nameOf(form) === undefined
        ? form.slice(1).map(node => ({name: undefined, type: type(node)}))
        : [{name: nameOf(form), type: type(form[2])}],
    );
}

function signatureOf(func: List): Bytes {
  const types = (kind: string): number[] => declared(func, kind).map(each => each.type);
  return functionType(types('param'), types('result'));
}

// Code

function body(func: List, functions: Scope['functions']): Bytes {
  const params = declared(func, 'param');
  const locals = declared(func, 'local');
  // A local without a name can't be used, so any unique key will do.
  const names = new Map([...params, ...locals].map(({name}, i) => [name ?? `#${i}`, i]));
  const header = new Set(['export', 'param', 'result', 'local']);
  const instructions = func
    .slice(nameOf(func) === undefined ? 1 : 2)
    .filter(node => typeof node === 'string' || !header.has(word(node[0])));
  const scope: Scope = {functions, locals: names, labels: []};
  return functionCode(
    locals.map(local => local.type),
    instructions.flatMap(node => code(list(node), scope)),
  );
}

function code(form: List, scope: Scope): number[] {
  const op = word(form[0]);
  if (op === 'block' || op === 'loop' || op === 'if') return nested(op, form, scope);
  const instruction = TEXT_INSTRUCTIONS.get(op);
  if (instruction === undefined) throw new Error(`WebAssembly text: there is no instruction ${op}.`);
  const words = form.slice(1).filter(node => typeof node === 'string');
  const operands = form
    .slice(1)
    .filter(node => typeof node !== 'string')
    .flatMap(node => code(node, scope));
  return [...operands, ...instruction, ...immediate(op, words, scope)];
}

function nested(op: 'block' | 'loop' | 'if', form: List, scope: Scope): number[] {
  // Blocks without a label count too, and no branch can name them.
  const label = nameOf(form) ?? '';
  const inner: Scope = {...scope, labels: [...scope.labels, label]};
  const forms = form.slice(label === '' ? 1 : 2).map(list);
  const [result] = declared(forms, 'result');
  const rest = forms.filter(node => node[0] !== 'result');
  // 0x40: no result.
  const type = result?.type ?? 0x40;
  const all = (nodes: readonly Node[]): number[] => nodes.flatMap(node => code(list(node), inner));
  if (op !== 'if') return [op === 'block' ? 0x02 : 0x03, type, ...all(rest), 0x0b];
  const branches = rest.filter(node => node[0] === 'then' || node[0] === 'else');
  const condition = rest.filter(node => !branches.includes(node)).flatMap(node => code(node, scope));
  const [then = [], otherwise] = branches;
  return [
    ...condition,
    0x04,
    type,
    ...all(then.slice(1)),
    ...(otherwise === undefined ? [] : [0x05, ...all(otherwise.slice(1))]),
    0x0b,
  ];
}

function immediate(op: string, words: readonly string[], scope: Scope): number[] {
  const first = (): string => word(words[0]);
  switch (immediateOf(op)) {
    case 'memory':
      return memoryImmediate(op, words);
    case 'lane':
    case 'shuffle':
      return words.map(Number);
    case 'local':
      return unsigned(known(scope.locals, op, first()));
    case 'function':
      return unsigned(known(scope.functions, op, first()));
    case 'label': {
      // Of equal labels the innermost is meant, which is the last.
      const labels = new Map(scope.labels.map((label, i) => [label, i]));
      return unsigned(scope.labels.length - 1 - known(labels, op, first()));
    }
    case 'i32':
      return signed(Number(first()) | 0);
    case 'f32':
      return float32(float(first()));
    case 'f64':
      return [...new Uint8Array(Float64Array.of(float(first())).buffer)];
    case 'zero':
      return [0];
    default:
      return [];
  }
}

function known(names: ReadonlyMap<string, number>, op: string, name: string): number {
  const index = names.get(name);
  if (index === undefined) throw new Error(`WebAssembly text: (${op} ${name}) uses an unknown name.`);
  return index;
}

/**
 * The exponent of the alignment, and the offset. Without `align=` the alignment is the number of bytes that the
 * instruction accesses; without `offset=` the offset is 0.
 */
function memoryImmediate(op: string, words: readonly string[]): number[] {
  const setting = (name: string): number | undefined => {
    const found = words.find(each => each.startsWith(`${name}=`));
    return found === undefined ? undefined : Number(found.slice(name.length + 1));
  };
  // As in `i32.load8_u`; the number of bits is that of the type where the operation has none.
  const bits = /\d+/.exec(op.slice(op.indexOf('.')))?.[0] ?? /\d+/.exec(op)?.[0];
  return [Math.log2(setting('align') ?? Number(bits) / 8), ...unsigned(setting('offset') ?? 0)];
}

function float(text: string): number {
  const value = text.endsWith('inf') ? (text.startsWith('-') ? -Infinity : Infinity) : Number(text);
  if (Number.isNaN(value) && text !== 'nan') throw new Error(`WebAssembly text: a number is expected; got ${text}.`);
  return value;
}
