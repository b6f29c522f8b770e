import {describeBackends} from '../support/backends';
import {leakless} from '../support/leakless';
import {expectToGoOn, reloaded} from '../support/resuming';
import {tf} from '../support/tfjs';

async function throughUrl(model: tf.LayersModel, url: string): Promise<tf.LayersModel> {
  const copy = await reloaded(model, url);
  await tf.io.removeModel(url);
  return copy;
}

describeBackends(
  'a model saved in the browser with its optimizer',
  () => {
    for (const [name, url] of [
      ['IndexedDB', 'indexeddb://tfjs-optim-test'],
      ['local storage', 'localstorage://tfjs-optim-test'],
    ] as const) {
      it(`goes on through ${name}, with groups, hypers, flags and freezing`, () =>
        leakless(() => expectToGoOn(model => throughUrl(model, url))));
    }
  },
  ['cpu', 'wasm', 'webgl'],
);
