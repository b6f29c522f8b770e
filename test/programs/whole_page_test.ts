import {runCommand} from '../support/run_command';

describe('the whole steps in docs/benchmarks.md', () => {
  it('are those of docs/data/whole_steps.json, as is their picture', async () => {
    const {code, stderr} = await runCommand('npm', 'run', '--silent', 'whole', '--', '--check');
    expect(stderr).toBe('');
    expect(code).toBe(0);
  });
});
