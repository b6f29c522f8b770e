import {mkdtemp, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';

import {adam, lookahead, ranger, slice} from '../../src';
import {fileSystem} from '../../src/file_system';
import {describeBackends} from '../support/backends';
import {disposeModels, expectSame, reloaded} from '../support/resuming';
import {compiled, smallNet, train} from '../support/small_net';

describeBackends('a model saved to a folder with its optimizer', () => {
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tfjs-optim-'));
  });
  afterAll(() => rm(folder, {recursive: true}));

  for (const [name, make] of [
    ['ranger', ranger],
    ['lookahead over adam', (lr: number) => lookahead(adam(lr), {k: 3})],
  ] as const) {
    it(`goes on bit for bit with ${name}`, async () => {
      const model = compiled(smallNet('net'), make(0.01));
      await train(model, 4);
      const copy = await reloaded(model, fileSystem(join(folder, name)));
      await train(model, 4);
      await train(copy, 4);
      await expectSame(copy, model);
      disposeModels(model, copy);
    });
  }

  it('goes on with groups, one of them frozen', async () => {
    const model = smallNet('net');
    const optimizer = adam(slice(1e-3, 1e-2), {params: [model.layers.slice(0, 1), model.layers.slice(1)]});
    compiled(model, optimizer);
    await train(model, 2);
    optimizer.freeze();
    const copy = await reloaded(model, fileSystem(join(folder, 'groups')));
    await train(model, 2);
    await train(copy, 2);
    await expectSame(copy, model);
    disposeModels(model, copy);
  });
});
