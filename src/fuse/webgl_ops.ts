import type {Elementwise} from './graph';
import type {ShaderLanguage} from './shader_lines';

const OPERATORS: Partial<Record<Elementwise, string>> = {add: '+', sub: '-', mul: '*'};
const FUNCTIONS: Partial<Record<Elementwise, string>> = {
  div: 'divide', maximum: 'higher', minimum: 'lower', pow: 'power', sqrt: 'sqrt', abs: 'abs', sign: 'signOf', exp: 'exponential', log: 'logarithm',
  softplus: 'softplus', less: 'lessThan', lessEqual: 'lessThanEqual', greater: 'greaterThan', greaterEqual: 'greaterThanEqual', equal: 'equal',
  logicalAnd: 'and', logicalOr: 'or', logicalNot: 'not',
};

/** Graphs in GLSL ES 3.00: all values are vectors of four, those of the same number too. Needs `GLSL_OPERATIONS`. */
export const glsl: ShaderLanguage = {
  define: (name, type, expression) => `${type === 'bool' ? 'bvec4' : 'vec4'} ${name}=${expression};\n`,
  constant: (value, type) => type === 'bool' ? `bvec4(${value})` : `vec4(${value})`,
  operation(op, operands) {
    const [a = '', b = '', c = ''] = operands;
    switch (op) {
      case 'neg': return `-${a}`;
      case 'square': return `${a}*${a}`;
      case 'select': return `mix(${c},${b},${a})`;
      default: {
        const operator = OPERATORS[op];
        return operator === undefined ? `${String(FUNCTIONS[op])}(${operands.join()})` : `${a}${operator}${b}`;
      }
    }
  },
};

/**
 * Operations as tfjs's WebGL kernels compute them: a/a is 1, even for 0 and infinities; NaN passes through all but `sign` and comparisons. What GLSL's
 * own functions make of NaN is up to the driver.
 */
export const GLSL_OPERATIONS = `
const vec4 NAN=uintBitsToFloat(uvec4(0x7fc00000u));
bvec4 and(bvec4 a,bvec4 b){return bvec4(ivec4(a)&ivec4(b));}
bvec4 or(bvec4 a,bvec4 b){return bvec4(ivec4(a)|ivec4(b));}
bvec4 isNaN(vec4 a){return greaterThan(floatBitsToUint(a)&0x7fffffffu,uvec4(0x7f800000u));}
vec4 divide(vec4 a,vec4 b){return mix(a/b,vec4(1),equal(a,b));}
vec4 higher(vec4 a,vec4 b){return mix(max(a,b),NAN,or(isNaN(a),isNaN(b)));}
vec4 lower(vec4 a,vec4 b){return mix(min(a,b),NAN,or(isNaN(a),isNaN(b)));}
vec4 signOf(vec4 a){return mix(sign(a),vec4(0),isNaN(a));}
vec4 exponential(vec4 a){return mix(exp(a),a,isNaN(a));}
vec4 logarithm(vec4 a){return mix(log(a),NAN,or(isNaN(a),lessThan(a,vec4(0))));}
vec4 softplus(vec4 a){vec4 e=exp(a);return mix(mix(log(e+1.),e,lessThan(a,vec4(-13.942385))),a,greaterThan(a,vec4(13.942385)));}
vec4 power(vec4 a,vec4 b){vec4 c=pow(abs(a),b);c=mix(c,c*sign(a),equal(mod(b,2.),vec4(1)));
return mix(mix(c,NAN,or(or(isNaN(a),isNaN(b)),and(lessThan(a,vec4(0)),lessThan(floor(b),b)))),vec4(1),equal(b,vec4(0)));}
`;
