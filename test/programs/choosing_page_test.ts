import {runCommand} from '../support/run_command';

describe('the figures of docs/choosing.md', () => {
  it('are those of docs/data/convergence.json, as are its pictures', async () => {
    const {code, stderr} = await runCommand('npm', 'run', '--silent', 'choosing', '--', '--check');
    expect(stderr).toBe('');
    expect(code).toBe(0);
  });
});
