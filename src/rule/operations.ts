/** What an operand must be. A condition also serves as a `number`, 1 or 0, but it does not serve as a `float`. */
export type OperandKind = 'number' | 'float' | 'bool';

/** An operation, element by element. */
export interface Operation {
  readonly args: readonly [own: OperandKind, other?: OperandKind];
  readonly gives: 'float' | 'bool';
}

const map = {args: ['float'], gives: 'float'} as const;
const arithmetic = {args: ['number', 'number'], gives: 'float'} as const;
const comparison = {args: ['number', 'number'], gives: 'bool'} as const;
const logic = {args: ['bool', 'bool'], gives: 'bool'} as const;

/**
 * The operations that callbacks compute with, element by element. Each is a method of `Value`, which documents it. The
 * methods of symbolic values, the nodes of graphs, and the tables of code per backend derive from this table. So where
 * one of those lacks an operation, it does not compile.
 */
export const operations = {
  add: arithmetic,
  sub: arithmetic,
  mul: arithmetic,
  div: arithmetic,
  maximum: arithmetic,
  minimum: arithmetic,
  pow: arithmetic,
  sqrt: map,
  square: map,
  abs: map,
  neg: map,
  sign: map,
  exp: map,
  log: map,
  tanh: map,
  softplus: map,
  less: comparison,
  lessEqual: comparison,
  greater: comparison,
  greaterEqual: comparison,
  equal: comparison,
  logicalAnd: logic,
  logicalOr: logic,
  logicalNot: {args: ['bool'], gives: 'bool'},
} as const satisfies Readonly<Record<string, Operation>>;

type Operations = typeof operations;
export type OperationName = keyof Operations;

/** The operations of one operand. */
export type Unary = {
  [Name in OperationName]: Operations[Name]['args'] extends readonly [OperandKind] ? Name : never;
}[OperationName];
/** The operations of two operands. */
export type Binary = Exclude<OperationName, Unary>;

export const operationNames: readonly OperationName[] = keysOf(operations);

function keysOf<Key extends string>(record: Readonly<Record<Key, unknown>>): Key[] {
  const keys: Key[] = [];
  for (const key in record) keys.push(key);
  return keys;
}
