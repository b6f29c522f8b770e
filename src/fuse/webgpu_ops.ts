import type {Elementwise} from './graph';
import type {ShaderLanguage} from './shader_lines';

const OPERATORS: Partial<Record<Elementwise, string>> = {
  add: '+', sub: '-', mul: '*', div: '/', less: '<', lessEqual: '<=', greater: '>', greaterEqual: '>=', equal: '==', logicalAnd: '&&', logicalOr: '||',
};
const FUNCTIONS: Partial<Record<Elementwise, string>> = {
  maximum: 'higher', minimum: 'lower', pow: 'power', sqrt: 'sqrt', abs: 'abs', sign: 'signOf', exp: 'exp', log: 'logarithm', softplus: 'softplus',
};

/** Graphs in WGSL, an element at a time. Needs `WGSL_OPERATIONS`. */
export const wgsl: ShaderLanguage = {
  define: (name, _, expression) => `let ${name}=${expression};\n`,
  constant: (value, type) => type === 'bool' ? String(value === 1) : `${value}.0`,
  operation(op, operands) {
    const [a = '', b = '', c = ''] = operands;
    switch (op) {
      case 'neg': return `-${a}`;
      case 'square': return `${a}*${a}`;
      case 'logicalNot': return `!${a}`;
      case 'select': return `select(${c},${b},${a})`;
      default: {
        const operator = OPERATORS[op];
        return operator === undefined ? `${String(FUNCTIONS[op])}(${operands.join()})` : `${a}${operator}${b}`;
      }
    }
  },
};

/** Operations as tfjs's WebGPU kernels compute them. WGSL has no constant that is not a number, so `own.nan` is one. */
export const WGSL_OPERATIONS = `
fn isNaN(a:f32)->bool{return (bitcast<u32>(a)&0x7fffffffu)>0x7f800000u;}
fn higher(a:f32,b:f32)->f32{return select(max(a,b),own.nan,isNaN(a)||isNaN(b));}
fn lower(a:f32,b:f32)->f32{return select(min(a,b),own.nan,isNaN(a)||isNaN(b));}
fn signOf(a:f32)->f32{return select(sign(a),0.0,isNaN(a));}
fn logarithm(a:f32)->f32{return select(log(a),own.nan,a<0.0||isNaN(a));}
fn softplus(a:f32)->f32{let e=exp(a);return select(select(log(e+1.0),e,a< -13.942385),a,a>13.942385);}
fn power(a:f32,b:f32)->f32{let c=pow(abs(a),b);let d=select(c,c*sign(a),abs(b)%2.0==1.0);
return select(select(d,1.0,b==0.0),own.nan,isNaN(a)||isNaN(b)||(a<0.0&&floor(b)<b));}
`;
