import type {Elementwise} from '../graph';

/**
 * The operations on `a`, `b` and `c`, written in what GLSL and WGSL have in common. They compute what tfjs's kernels
 * compute: NaN passes through all operations except `sign` and comparisons, although drivers' own functions differ.
 * Each language defines the types `F` (numbers) and `B` (conditions), and the functions that are not built in: `select`
 * (otherwise, then, condition), `divide`, `lt`, `le`, `eq`, `and`, `or`, `not`, `isNaN` and `none`, which gives NaN.
 */
export const OPERATIONS: Readonly<Record<Elementwise, string>> = {
  add: 'a+b',
  sub: 'a-b',
  mul: 'a*b',
  div: 'divide(a,b)',
  neg: '-a',
  square: 'a*a',
  sqrt: 'sqrt(a)',
  abs: 'abs(a)',
  maximum: 'select(max(a,b),none(),or(isNaN(a),isNaN(b)))',
  minimum: 'select(min(a,b),none(),or(isNaN(a),isNaN(b)))',
  sign: 'select(sign(a),F(0),isNaN(a))',
  exp: 'select(exp(a),a,isNaN(a))',
  log: 'select(log(a),none(),or(isNaN(a),lt(a,F(0))))',
  softplus: 'select(select(log(exp(a)+F(1)),exp(a),lt(a,F(-13.942385))),a,lt(F(13.942385),a))',
  // The quotient alone, which tfjs computes, has few correct digits near 0. There it is the series to the fifth power.
  tanh:
    'select(select(sign(a)*(F(1)-exp(F(-2)*abs(a)))/(F(1)+exp(F(-2)*abs(a))),' +
    'a-a*a*a*(F(1)-a*a*F(.4))*F(.33333334),lt(abs(a),F(.1))),a,isNaN(a))',
  pow:
    'select(select(pow(abs(a),b)*select(F(1),sign(a),eq(abs(b)-F(2)*floor(abs(b)*F(.5)),F(1))),F(1),eq(b,F(0))),' +
    'none(),or(or(isNaN(a),isNaN(b)),and(lt(a,F(0)),lt(floor(b),b))))',
  less: 'lt(a,b)',
  lessEqual: 'le(a,b)',
  greater: 'lt(b,a)',
  greaterEqual: 'le(b,a)',
  equal: 'eq(a,b)',
  logicalAnd: 'and(a,b)',
  logicalOr: 'or(a,b)',
  logicalNot: 'not(a)',
  select: 'select(c,b,a)',
};
