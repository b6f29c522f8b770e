import {runCommand, TSX} from '../support/run_command';

const PROGRAM = `
  import {commandLine} from './bench/command_line.ts';
  const asked = commandLine('the help', ['backends', 'rounds', 'budget', 'cases'], ['gpu']);
  const cases = [{name: '1 of 1 M'}, {name: '83 of 1,000'}, {name: '4 M'}];
  console.log(JSON.stringify([
    asked.names('backends', ['wasm', 'cpu', 'webgpu'], ['wasm', 'cpu']),
    asked.count('rounds', 15),
    asked.positive('budget', 0.5),
    asked.matching('cases', cases, {separator: ';'}).map(({name}) => name),
    asked.flag('gpu'),
    asked.quick,
    asked.words,
  ]));
`;

const benchmark = (...args: readonly string[]) =>
  runCommand(process.execPath, ...TSX, '--input-type=module', '--eval', PROGRAM, '--', ...args);

describe('The command line of a benchmark', () => {
  it('has defaults', async () => {
    const {code, stdout} = await benchmark();
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toEqual([
      ['wasm', 'cpu'],
      15,
      0.5,
      ['1 of 1 M', '83 of 1,000', '4 M'],
      false,
      false,
      [],
    ]);
  });

  it('reads what is asked for', async () => {
    const args = ['--backends', 'webgpu, wasm', '--rounds', '3', '--budget', '1e3', '--cases', '4 M;83', '--gpu'];
    const {stdout} = await benchmark(...args, '--quick', 'matMul');
    expect(JSON.parse(stdout)).toEqual([['webgpu', 'wasm'], 3, 1000, ['83 of 1,000', '4 M'], true, true, ['matMul']]);
  });

  const mistakes: ReadonlyArray<readonly [args: readonly string[], message: string]> = [
    [['--backends', 'wasm,wgl'], "--backends must be some of wasm, cpu, webgpu; got 'wgl'."],
    [['--rounds', '1.5'], "--rounds must be a whole number from 1; got '1.5'."],
    [['--rounds='], "--rounds must be a whole number from 1; got ''."],
    [['--budget', 'much'], "--budget must be a number above 0; got 'much'."],
    [['--cases', '5 M'], "--cases must be part of one of these names: 1 of 1 M; 83 of 1,000; 4 M; got '5 M'."],
    [['--bakends', 'cpu'], "Unknown option '--bakends'."],
  ];
  for (const [args, message] of mistakes) {
    it(`refuses ${args.join(' ')}`, async () => {
      const {code, stdout, stderr} = await benchmark(...args);
      expect(code).toBe(2);
      expect(stdout).toBe('');
      expect(stderr).toContain(message);
      expect(stderr).toContain('--help');
    });
  }
});
