import compile from 'watr/compile';

import {assembleText} from '../../src/wasm/assemble';
import {type Immediate, immediateOf, TEXT_INSTRUCTIONS} from '../../src/wasm/text_opcodes';

/** The same text, assembled by watr. */
function reference(text: string): number[] {
  const binary: unknown = compile(text);
  if (!(binary instanceof Uint8Array)) throw new Error('watr must make a binary.');
  return [...binary];
}

const IMMEDIATES: Readonly<Record<Immediate, readonly string[]>> = {
  none: [''],
  memory: ['', 'offset=300', 'offset=4 align=4'],
  lane: ['1'],
  shuffle: ['0 1 2 3 16 17 18 19 4 5 6 7 20 21 22 23'],
  local: ['$x'],
  function: ['$f', '$imported'],
  label: ['$inner', '$outer'],
  i32: ['0', '-1', '63', '64', '-65', '200000', '-2147483648'],
  f32: ['0.1', '-0', 'inf', '-inf', '1e-20'],
  f64: ['0.1', '-1e300', 'inf'],
  zero: [''],
};

const FORMS: ReadonlyArray<readonly [what: string, func: string]> = [
  [
    'runs of locals',
    '(func (param i32 f32) (param $x v128) (local $a i32) (local $b i32) (local $c f64) (local.set $c (f64.const 1)))',
  ],
  ['results of blocks', '(func (result f32) (block $b (result f32) (loop $l (result f32) (f32.const 1))))'],
  [
    'both branches of an if',
    '(func (param $x i32) (result i32) (if (result i32) (i32.eqz (local.get $x)) (then (i32.const 1)) (else ' +
      '(i32.const 2))))',
  ],
  ['an if without else', '(func (param $x i32) (if (local.get $x) (then (local.set $x (i32.const 0)))))'],
  ['a label used again', '(func (block $a (br $a)) (block $b (block $a (br $a)) (br $b)))'],
  [
    'several exports and shared types',
    '(func (export "one") (param f64) (result f64) (f64.const 1)) (func (export "two") (param $y f64) ' +
      '(result f64) (local.get $y))',
  ],
];

function moduleOf(functions: string, memory = '(memory 0)'): string {
  return (
    `(module (import "env" "memory" ${memory}) (import "env" "log" (func $imported (param f64) (result f64))) ` +
    `${functions})`
  );
}

describe('The assembler gives the same bytes as watr for', () => {
  for (const name of TEXT_INSTRUCTIONS.keys()) {
    it(name, () => {
      for (const words of IMMEDIATES[immediateOf(name)]) {
        const text = moduleOf(`(func $f (local $x i32) (block $outer (block $inner (${name} ${words}))))`);
        expect([...assembleText(text)])
          .withContext(text)
          .toEqual(reference(text));
      }
    });
  }
  for (const [what, func] of FORMS) {
    it(what, () => {
      for (const memory of ['(memory 0)', '(memory 1 65536 shared)']) {
        const text = moduleOf(func, memory);
        expect([...assembleText(text)]).toEqual(reference(text));
      }
    });
  }
});

describe('The assembler names', () => {
  for (const [what, text, message] of [
    ['an unknown instruction', moduleOf('(func (i32.plus))'), /i32\.plus/],
    ['an unknown local', moduleOf('(func (local.get $y))'), /local\.get \$y/],
    ['an unknown label', moduleOf('(func (br $out))'), /br \$out/],
    ['an unknown type', moduleOf('(func (param $x i33))'), /i33/],
    ['an operand that is not a number', moduleOf('(func (f32.const one))'), /one/],
    ['a word where a form must be', '(module (import "env" "memory" memory))', /a form is expected; got memory/],
    ['a form where a word must be', moduleOf('(func (param $x (i32)))'), /a word is expected; got \["i32"\]/],
    ['an import of another kind', '(module (import "env" "base" (global i32)))', /only func and memory.*got global/],
    ['unbalanced text', '(module (func)', /balanced/],
  ] as const) {
    it(what, () => {
      expect(() => assembleText(text)).toThrowError(message);
    });
  }
});
