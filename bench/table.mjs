// `node bench/table.mjs [FILE]`: prints the figures of `npm run bench:optimizers` as the table of docs/benchmarks.md.
import {readFileSync} from 'node:fs';

const [, , file = 'bench/results/optimizers.json'] = process.argv;
const {
  machine: {processor, node, tfjs, date},
  rows,
  jax,
} = JSON.parse(readFileSync(file, 'utf8'));
const digits = (x, n) => String(Number(x.toPrecision(n)));
const ms = ({median, low, high}) => `${digits(median, 3)} ± ${digits((high - low) / 2, 2)}`;
const ratio = (a, b) => digits(a.median / b.median, 3);

console.log(`${processor}, Node ${node}, TensorFlow.js ${tfjs}, ${date.slice(0, 10)}\n`);
if (jax) console.log(`jax-js ${ms(jax.jax)} ms, ${ratio(jax.jax, jax.ours)} times ours\n`);
const line = cells => `| ${cells.join(' | ')} |`;
const HEADING = [
  'backend',
  'optimizer',
  'parameters',
  'ours, ms',
  'ordinary operations ÷ ours',
  'tf.train, ms',
  'tf.train ÷ ours',
  'ours ÷ copy',
  'kernels, ours / tf.train',
];
console.log(line(HEADING));
console.log(`|${HEADING.map(() => '---|').join('')}`);
for (const {
  backend,
  optimizer,
  case: name,
  times: {ours, eager, stock, copy},
  kernels,
} of rows) {
  console.log(
    line([
      backend,
      optimizer,
      name,
      ms(ours),
      ratio(eager, ours),
      ms(stock),
      ratio(stock, ours),
      ratio(ours, copy),
      `${kernels.ours} / ${kernels.stock}`,
    ]),
  );
}
