import {runCommand} from '../support/run_command';

describe('what the pages say of the optimizers', () => {
  it('is what the docstrings say', async () => {
    const {code, stderr} = await runCommand('npx', 'tsx', 'tools/optimizers_page.mjs', '--check');
    expect(stderr).toBe('');
    expect(code).toBe(0);
  });
});

describe('the pictures of docs/plots.md', () => {
  it('show docs/data/plots.json', async () => {
    const {code, stderr} = await runCommand('npm', 'run', '--silent', 'plots', '--', '--check');
    expect(stderr).toBe('');
    expect(code).toBe(0);
  });
});

describe('the first screen of the README', () => {
  it('has the kernel that its rule becomes, and the picture of docs/data/optimizer_steps.json', async () => {
    const {code, stderr} = await runCommand('npx', 'tsx', 'tools/readme.mjs', '--check');
    expect(stderr).toBe('');
    expect(code).toBe(0);
  });
});
