// `npm run bench:launches`: counts what a step of training launches on the GPU, in headless Chrome.
// `npm run bench:launches -- --help` lists the options.
import {dirname, join} from 'node:path';
import {fileURLToPath} from 'node:url';

import {openPage} from '../browser/serve_page.mjs';
import {commandLine} from '../command_line';
import {COUNTED} from './counted';

const HELP = `npm run bench:launches [-- options]

Counts the draws (WebGL) or dispatches (WebGPU) of one whole step of training: forward and backward pass, optimizer, and
the updates of batch norm. It compares tfjs alone with tf.train.adam; tfjs with our adam; and that with
tfjs-optim/gpu-training. It prints the table of docs/gpu_training.md. The counts do not depend on the GPU's speed.

  --backends A,B     of webgl, webgpu (default webgl,webgpu)
  --models TEXT      only models whose name contains TEXT
  --gpu              use the machine's GPU instead of software
  --help             print this help
`;

const {names, matching, flag} = commandLine(HELP, ['backends', 'models'], ['gpu']);
const backends = names('backends', ['webgl', 'webgpu']);
const models = matching('models', COUNTED).map(({name}) => name);
const entry = join(dirname(fileURLToPath(import.meta.url)), 'page.ts');
const {page, open, close} = await openPage(entry, {gpu: flag('gpu')});
const line = cells => `| ${cells.join(' | ')} |`;
const share = (part, whole) => `${part} (${Math.round((100 * part) / whole)} %)`;
try {
  await open();
  const rows = await page.evaluate(
    ([backends, models]) => globalThis.countLaunches(backends, models),
    [backends, models],
  );
  const heading = ['model', 'backend', 'tfjs', 'with our `adam`', 'and with gpu-training'];
  console.log(line(heading));
  console.log(line(heading.map(() => '---')));
  for (const {backend, model, stock, ours, withGpuTraining} of rows)
    console.log(line([model, `\`${backend}\``, stock, share(ours, stock), share(withGpuTraining, stock)]));
} finally {
  await close();
}
