import {digitsProgram} from '../program';
import type {Classes} from './classes';
import {type Base, PLAN} from './classifier';
import {base64Of} from './storage';

/** A program for Node that trains on digits and then on the pictures, as the view does. */
export function ownProgram(classes: Classes, {setup, name, step}: Base, moreCycles: number): string {
  const lr = setup.lrs[name];
  if (lr === undefined) throw new Error(`There is no learning rate of ${name} in the setup.`);
  const {frozenEpochs, epochs, moreEpochs, batch, lr: rate, lrMult} = PLAN;
  const again = moreCycles > 0;
  const listed = classes
    .map(({name: label, pictures}) => {
      const lines = pictures.map(picture => `    '${base64Of(picture)}',\n`).join('');
      return `  ${JSON.stringify(label)}: [\n${lines}  ],\n`;
    })
    .join('');
  return digitsProgram(
    {...setup, lrs: {[name]: lr}},
    {
      title: `Learns digits, and then to tell ${classes.length} classes of pictures apart.`,
      file: 'pictures',
      step,
      imports: ['adam', 'fineTune', 'layerGroups', ...(again ? ['fitOneCycle', 'slice'] : [])],
      act: 'fineTuned(model)',
      before: `// Each picture has 28·28 pixels, a byte each, in base64.
const classes = {
${listed}};
const pictures = Object.values(classes).map(list =>
  list.map(text => Array.from(Buffer.from(text, 'base64'), grey => Math.fround(grey / 255))),
);
// The first picture of each class, then the second one of each class, and so on, so that batches are mixed.
const longest = Math.max(...pictures.map(list => list.length));
const examples = Array.from({length: longest}, (_, i) =>
  pictures.flatMap((list, label) => list.slice(i, i + 1).map(picture => ({picture, label}))),
).flat();
const fineTuned = async base => {
  const xs = tf.tensor2d(examples.map(({picture}) => picture));
  const labels = tf.tensor1d(examples.map(({label}) => label), 'int32');
  const ys = tf.oneHot(labels, pictures.length).toFloat();
  // The layers of convolutions are those of the network that knows digits. The last layer is new.
  const tuned = network(pictures.length);
  for (const i of [1, 3]) tuned.layers[i].setWeights(base.layers[i].getWeights());
  const params = layerGroups(tuned, [tuned.layers.at(-1)]);
  tuned.compile({optimizer: adam(${rate}, {params}), loss: 'categoricalCrossentropy'});
  const settings = {batchSize: ${batch}, shuffle: false};
  const first = {freezeEpochs: ${frozenEpochs}, epochs: ${epochs}, baseLr: ${rate}, lrMult: ${lrMult}};
  await fineTune(tuned, xs, ys, {...first, ...settings});
${
  again
    ? `  const more = {epochs: ${moreEpochs}, lrMax: slice(${rate / 2 / lrMult}, ${rate / 2})};
  for (let i = 0; i < ${moreCycles}; i++) await fitOneCycle(tuned, xs, ys, {...more, ...settings});\n`
    : ''
}  // The number of each picture, and the probability of each class.
  tuned.predict(xs).arraySync().forEach((answer, i) => console.log('picture', i + 1, ...answer));
};
`,
    },
  );
}
