// Checked by `npm run typecheck`, never run: `Value` has exactly the methods of the table of operations, with their
// operands, and a table of code that lacks an operation does not compile.
import type {Value} from '../../src';
import type {OPERATIONS} from '../../src/fuse/shader/ops';
import type {Binary, OperationName, Unary} from '../../src/rule/operations';
import type {Operand} from '../../src/rule/value';

declare const value: Value;
declare const unary: Record<Unary, () => Value>;
declare const binary: Record<Binary, (b: Operand) => Value>;

// `Value` has each method of the table.
export const fromValue: typeof unary & typeof binary = value;
// The methods of `Value` take no other operands than those of the table.
export const fromTable: Pick<Value, OperationName> = {...unary, ...binary};
// All else that `Value` has is listed here.
export const others: Readonly<Record<Exclude<keyof Value, OperationName>, string>> = {
  shape: 'known to a tensor',
  rank: 'known to a tensor',
  size: 'known to a tensor',
  zerosLike: 'a constant',
  onesLike: 'a constant',
  sum: 'a reduction',
  mean: 'a reduction',
  max: 'a reduction',
  any: 'a reduction',
  where: 'its second operand may be a condition or a value, so it is written by hand',
};

declare const withoutTanh: Omit<typeof OPERATIONS, 'tanh'>;
declare const withoutSelect: Omit<typeof OPERATIONS, 'select'>;

// @ts-expect-error a backend without code for tanh
export const missing: typeof OPERATIONS = withoutTanh;
// @ts-expect-error a backend without code for where
export const missingToo: typeof OPERATIONS = withoutSelect;
