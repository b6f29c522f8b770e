import {readFileSync} from 'node:fs';

import {pythonDuringSuite} from './support/python';

describe('Python', () => {
  const python = pythonDuringSuite('versions.py');

  it('has the packages of requirements.txt', async () => {
    const pins = readFileSync('test/python/requirements.txt', 'utf8').trim().split('\n');
    const names = pins.map(pin => pin.split('==')[0]);
    // torch for the CPU is 2.9.1+cpu
    const versions = String(await python.call('versions', names))
      .split(',')
      .map(version => version.replace(/\+.*/, ''));
    expect(versions.map((version, i) => `${String(names[i])}==${version}`)).toEqual(pins);
  });

  it('reports what a program raises', async () => {
    await expectAsync(python.call('versions', ['no-such-package'])).toBeRejectedWithError(/PackageNotFoundError/);
  });
});
