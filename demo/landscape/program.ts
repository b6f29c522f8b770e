import {defined} from '../../examples/support/lookup';
import {factoryOf, followsSchedule, importLine} from '../shared/factories';
import {functionNamed} from './functions';
import {NO_DECAY} from './race';
import {type Hypers, type LandscapeSetup, SCHEDULES} from './setup';

/** A program for Node that does the same as the landscape, and prints the path of each optimizer. */
export function landscapeProgram({f, parameter, start, steps, schedule, optimizers}: LandscapeSetup): string {
  const found = defined(functionNamed(f), `function '${f}'`);
  const {value, gradient} = found.code(parameter);
  const made = Object.entries(optimizers).map(([name, hypers]) => ({name, hypers, factory: factoryOf(name)}));
  const scheduled = SCHEDULES[schedule].policy === undefined ? [] : made.filter(({name}) => followsSchedule(name));
  const imports = [...made.map(({factory}) => factory.name), ...scheduled.map(() => schedule)];
  const point = start.join(', ');
  const lines = made.map(
    ({name, factory, hypers}) => `  ${name}: ${factory.name}(${factory.first}${argumentsText(hypers)}),\n`,
  );
  return `// ${found.title}: ${steps} steps from (${point}). Save as landscape.mjs, then run:
//   npm install @tensorflow/tfjs tfjs-optim && node landscape.mjs
import 'tfjs-optim/cpu';

import * as tf from '@tensorflow/tfjs';
${importLine(imports)}

await tf.setBackend('cpu');
const value = (x, y) => ${value};
const gradient = (x, y) => ${gradient};
const optimizers = {
${lines.join('')}};
${scheduled
  .map(
    ({name, hypers}) => `optimizers.${name}.setSchedule(${schedule}({lrMax: ${hypers['lr']}}), {steps: ${steps}});\n`,
  )
  .join('')}for (const [name, optimizer] of Object.entries(optimizers)) {
  const point = tf.variable(tf.tensor1d([${point}]));
  for (let step = 1; step <= ${steps}; step++) {
    const [gx, gy] = gradient(...point.dataSync());
${gradientsText(found.parameter?.name === 'noise' ? parameter : undefined)}
    optimizer.applyGradients({[point.name]: gradients});
    gradients.dispose();
    const [x, y] = point.dataSync();
    console.log(name, step, x, y, value(x, y));
  }
}
`;
}

function argumentsText({lr, ...hypers}: Hypers): string {
  const settings = Object.entries({...NO_DECAY, ...hypers}).map(([hyper, x]) => `${hyper}: ${x}`);
  return `${lr}, {${settings.join(', ')}}`;
}

function gradientsText(noise: number | undefined): string {
  if (noise === undefined) return '    const gradients = tf.tensor1d([gx, gy]);';
  return `    const [nx, ny] = tf.tidy(() => tf.randomNormal([2], 0, ${noise}, 'float32', step).dataSync());
    const gradients = tf.tensor1d([gx + nx, gy + ny]);`;
}
