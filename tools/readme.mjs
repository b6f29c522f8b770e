// `npm run readme`: writes into the README the kernel that its rule becomes, and draws the picture of an optimizer's
// step from docs/data/optimizer_steps.json. With `--check`, fails where these are something else.
import '@tensorflow/tfjs-backend-wasm';

import {mkdirSync, readFileSync, writeFileSync} from 'node:fs';
import {pathToFileURL} from 'node:url';

import * as tf from '@tensorflow/tfjs';

import {stepsPicture} from '../bench/optimizers/steps_picture.ts';
import {plans} from '../src/fuse/index.ts';
import {dispatchesOf, leastTotals} from '../src/fuse/shader/dispatches.ts';
import {dispatchShader, WORKGROUP} from '../src/fuse/webgpu/shader.ts';
import {blocksOf, PICTURES} from '../test/support/doc_pages.mjs';
import {filledPage, writeGenerated} from './generated.mjs';

const README = 'README.md';
const STEPS = 'docs/optimizer_steps.svg';
/** The numbers that the rule takes from the host, in the order in which the kernel gets them. */
const FROM_HOST = ['1 - lr·wd', 'mom', '1 - mom', 'lr'];

/** The optimizer that the first block of code in the README makes. */
async function optimizerOfReadme(text) {
  const [{code}] = blocksOf(text, README).filter(({language}) => language === 'ts');
  mkdirSync('out', {recursive: true});
  writeFileSync('out/readme_rule.ts', `${code}\nexport {optimizer};\n`);
  const {optimizer} = await import(pathToFileURL('out/readme_rule.ts').href);
  return optimizer;
}

/** The WGSL of the optimizer's steps after the first, for parameters whose elements fill vectors of four. */
async function kernelOf(optimizer) {
  await tf.setBackend('wasm');
  const variable = tf.variable(tf.ones([8]));
  const steps = [0, 1].map(() => {
    plans.clear();
    optimizer.minimize(() => variable.square().sum().asScalar(), false, [variable]);
    return [...plans.values()];
  });
  const [plan, ...more] = steps.at(-1);
  const [dispatch, ...others] = dispatchesOf(plan, leastTotals(plan), WORKGROUP, true);
  if (more.length > 0 || others.length > 0) throw new Error('The rule of the README must become one kernel.');
  return dispatchShader(plan, dispatch, 4);
}

/** The loop over the elements, and which of its values come from the host. */
function loopOf(wgsl) {
  const loop = /for\(var i=id\.x;[^{]*\{[^}]*\}/.exec(wgsl)?.[0];
  const slots = [...wgsl.matchAll(/let (v\d+)=F\(own\.slots/g)].map(([, name]) => name);
  if (loop === undefined || slots.length !== FROM_HOST.length)
    throw new Error(`The kernel must have a loop, and ${FROM_HOST.length} numbers from the host. It is:\n${wgsl}`);
  const lines = loop
    .replace('{', '{\n')
    .replaceAll(/;(?=tensor|\})/g, ';\n')
    .split('\n')
    .map(line => (/^for|^\}/.test(line) ? line : `  ${line}`));
  return {lines, hosts: slots.map((name, i) => `\`${name}\` is \`${FROM_HOST[i]}\``)};
}

async function kernelPart(text) {
  const {lines, hosts} = loopOf(await kernelOf(await optimizerOfReadme(text)));
  const [last] = hosts.splice(-1);
  return `\`\`\`wgsl\n${lines.join('\n')}\n\`\`\`

This is its loop, with line breaks added. Each pass computes four numbers at once.
${hosts.join(', ')} and ${last}.
JavaScript sends them in each step, so a new learning rate needs no new kernel.`;
}

const {svg, label, machine} = stepsPicture('docs/data/optimizer_steps.json');
const before = readFileSync(README, 'utf8');
const withKernel = await filledPage(README, 'kernel', await kernelPart(before), before);
const withPicture = await filledPage(README, 'steps', `![${label}](${PICTURES}${STEPS})\n\n${machine}.`, withKernel);
writeGenerated(
  new Map([
    [README, withPicture],
    [STEPS, svg],
  ]),
  'npm run readme',
);
