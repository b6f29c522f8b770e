import {isDict} from '../../util/config_reader';
import {own} from '../../util/own';
import {guarded} from './guarded_initializer';
import {type LayerRow, LAYERS, WITHOUT_EFFECT} from './layer_table';
import {camel, type ClassConfig, type Dict, items, lacking, notReadable, valueHere, without} from './value_config';

/** A model of Keras 3 as TensorFlow.js takes it. */
export interface ModelHere {
  readonly className: 'Sequential' | 'Functional';
  readonly config: Record<string, unknown>;
}

/** A layer in TensorFlow.js's form. */
interface LayerHere {
  readonly className: string;
  readonly config: Record<string, unknown>;
}

/** One call of a layer in TensorFlow.js's configurations: its inputs, as layer, node and output. */
type Node = Array<[layer: string, node: number, tensor: number, kwargs: object]>;

const MODELS: ReadonlySet<string> = new Set(['Sequential', 'Functional', 'Model']);
const INPUT_TYPES: Readonly<Record<string, string>> = {
  float32: 'float32',
  int32: 'int32',
  int64: 'int32',
  bool: 'bool',
};

/**
 * The configuration of a Keras 3 model in TensorFlow.js's form.
 * @throws for what TensorFlow.js lacks; the error names the layer and the argument.
 */
export function modelHere(saved: unknown): ModelHere {
  const {name, config} = classOf(saved, 'The model');
  if (!MODELS.has(name))
    throw new Error(
      `The model is of the class ${name}; only Sequential and functional models can be read. Build it here, and read ` +
        'its weights by loadKerasWeights.',
    );
  return name === 'Sequential' ? sequential(config) : functional(config);
}

function sequential(config: Dict): ModelHere {
  const name = textIn(config, 'name', 'The model');
  const where = `The model '${name}'`;
  const [first, ...others] = listIn(config, 'layers', where).map(layer => classOf(layer, where));
  const isInput = first?.name === 'InputLayer';
  const input = isInput ? first.config['batch_shape'] : config['build_input_shape'];
  if (first === undefined || !isShape(input))
    throw new Error(
      `${where} has no input shape. Build it in Keras, as with keras.Input(shape=…), and save it again.`,
    );
  const dtype = isInput ? inputType(first, where) : 'float32';
  const layers = [...(isInput ? [] : [first]), ...others].map(layer => layerHere(layer, where));
  const [head] = layers;
  if (head === undefined) throw new Error(`${where} has no layers besides its input, so there is nothing to load.`);
  // A model has an input of its own. With a dtype, the first layer's weights would be of that type.
  if (dtype !== 'float32' && isInput) layers.unshift(inputHere(first, where));
  else if (!MODELS.has(head.className)) head.config['batchInputShape'] = input;
  checkDtype(config, where);
  return {className: 'Sequential', config: {name, layers}};
}

function functional(config: Dict): ModelHere {
  const name = textIn(config, 'name', 'The model');
  const where = `The model '${name}'`;
  const given = listIn(config, 'layers', where).map(layer => ({
    ...classOf(layer, where),
    label: textIn(layer, 'name', where),
    nodes: listIn(layer, 'inbound_nodes', where),
  }));
  const classes = new Map(given.map(layer => [layer.label, layer.name]));
  // TensorFlow.js counts the node that each model begins with.
  const nodeHere = (layer: string, index: number) => index + (MODELS.has(classes.get(layer) ?? '') ? 1 : 0);
  const tensorHere = (value: unknown, at: string): Node[number] => {
    const history = isDict(value) && isDict(value['config']) ? value['config']['keras_history'] : undefined;
    const [layer, node, tensor] = historyOf(history, at);
    if (!classes.has(layer)) throw broken(`${at} reads from '${layer}', which is not one of its layers`);
    return [layer, nodeHere(layer, node), tensor, {}];
  };
  const layers = given.map(layer => {
    const at = `The layer '${layer.label}'`;
    return {
      ...(layer.name === 'InputLayer' ? inputHere(layer, where) : layerHere(layer, where)),
      name: layer.label,
      inboundNodes: layer.nodes.map(node => nodeOf(node, at, tensorHere)),
    };
  });
  const ends = (key: string) =>
    endsOf(config[key], `${where}: ${key}`).map(([layer, node, tensor]) => {
      const kind = classes.get(layer);
      if (kind === undefined) throw broken(`${where} has no layer '${layer}', which ${key} names`);
      // Keras counts the first node of a functional model here, and not in `inbound_nodes`.
      return [layer, nodeHere(layer, kind === 'Functional' || kind === 'Model' ? node - 1 : node), tensor];
    });
  checkGraph(layers);
  return {
    className: 'Functional',
    config: {name, layers, inputLayers: ends('input_layers'), outputLayers: ends('output_layers')},
  };
}

/** @throws where the layers don't form a graph: TensorFlow.js would wait for the missing input for ever. */
function checkGraph(layers: ReadonlyArray<LayerHere & {name: string; inboundNodes: readonly Node[]}>): void {
  // Inputs and models begin with a node.
  const begins = ({className}: LayerHere) => className === 'InputLayer' || MODELS.has(className);
  const made = new Map(layers.map(layer => [layer.name, begins(layer) ? 1 : 0]));
  if (made.size !== layers.length) throw broken('two of its layers have the same name');
  let waiting = layers.flatMap(({name, inboundNodes}) => inboundNodes.map(node => ({name, node})));
  const isReady = ({node}: {readonly node: Node}) => node.every(([layer, index]) => index < (made.get(layer) ?? 0));
  while (waiting.length > 0) {
    const ready = waiting.filter(isReady);
    if (ready.length === 0) throw broken(`the layer '${String(waiting[0]?.name)}' has inputs that are never computed`);
    for (const {name} of ready) made.set(name, (made.get(name) ?? 0) + 1);
    waiting = waiting.filter(each => !ready.includes(each));
  }
}

function nodeOf(node: unknown, where: string, tensorHere: (value: unknown, at: string) => Node[number]): Node {
  if (!isDict(node) || !Array.isArray(node['args']) || !isDict(node['kwargs']))
    throw broken(`${where} is called in a form that Keras 3 does not write`);
  for (const [key, value] of Object.entries(node['kwargs']))
    if (value !== null && key !== 'training' && key !== 'mask')
      throw notReadable(where, `is called with the argument '${key}', which can't be read here`);
  const args: readonly unknown[] = node['args'];
  const [inputs, ...others] = args;
  if (others.some(value => value !== null))
    throw notReadable(where, `is called with ${args.length} arguments; only calls with one can be read here`);
  const list: readonly unknown[] = Array.isArray(inputs) ? inputs : [inputs];
  if (list.length === 0) throw broken(`${where} is called without inputs`);
  return list.map(value => tensorHere(value, where));
}

/** Inputs or outputs of a model: one, a list, or a dictionary. */
function endsOf(value: unknown, where: string): Array<[string, number, number]> {
  if (Array.isArray(value) && typeof value[0] === 'string') return [historyOf(value, where)];
  const list: readonly unknown[] = Array.isArray(value) ? value : isDict(value) ? Object.values(value) : [];
  if (list.length === 0) throw broken(`${where} must name at least one layer`);
  return list.map(one => historyOf(one, where));
}

function historyOf(value: unknown, where: string): [layer: string, node: number, tensor: number] {
  const [layer, node, tensor] = items(value);
  if (typeof layer !== 'string' || !isIndex(node) || !isIndex(tensor))
    throw broken(`${where} must be or read a tensor of a layer; the file has ${JSON.stringify(value)}`);
  return [layer, node, tensor];
}

const isIndex = (x: unknown): x is number => Number.isInteger(x) && Number(x) >= 0 && Number(x) < 1e6;

function inputHere({config}: ClassConfig, where: string): LayerHere {
  const shape = config['batch_shape'];
  if (!isShape(shape)) throw broken(`${where} has an input without a shape`);
  const name = textIn(config, 'name', where);
  return {className: 'InputLayer', config: {name, batchInputShape: shape, dtype: inputType({name, config}, where)}};
}

function inputType({config}: ClassConfig, where: string): string {
  if (config['sparse'] === true || config['ragged'] === true)
    throw notReadable(where, 'has a sparse or ragged input, which TensorFlow.js lacks');
  const dtype = dtypeIn(config);
  const ours = own(INPUT_TYPES, dtype);
  if (ours === undefined) throw lacking(where, 'an input of the type', dtype);
  return ours;
}

function isShape(x: unknown): x is Array<number | null> {
  return (
    Array.isArray(x) &&
    x.length > 0 &&
    x.every((extent: unknown) => extent === null || (Number.isInteger(extent) && Number(extent) >= 0))
  );
}

/** A layer or a model inside of another, as TensorFlow.js takes it. */
function layerHere({name, config}: ClassConfig, model: string): LayerHere {
  if (MODELS.has(name)) return modelHere({class_name: name, config});
  const label = textIn(config, 'name', model);
  const where = `The layer '${label}' (${name})`;
  const row = own(LAYERS, name);
  if (row === undefined)
    throw new Error(
      `${where} is of a class that can't be read here. Change the model in Keras, or build it here without the layer ` +
        'and read the weights by loadKerasWeights.',
    );
  checkDtype(config, where);
  const ours: Record<string, unknown> = {name: label, trainable: config['trainable'] !== false};
  for (const [key, value] of Object.entries(config)) {
    if (key === 'name' || key === 'trainable' || key === 'dtype' || WITHOUT_EFFECT.has(key)) continue;
    const fixed = row.fixed !== undefined && Object.hasOwn(row.fixed, key) ? row.fixed[key] : undefined;
    if (fixed !== undefined && JSON.stringify(value) !== JSON.stringify(fixed))
      throw key === 'reset_after' ? resetAfter(where) : lacking(where, key, value);
    // TensorFlow.js has it by name, and throws where it is computed.
    if (key === 'padding' && value === 'causal') throw lacking(where, key, value);
    if (key === 'layer') ours['layer'] = wrapped(name, label, config, where);
    else if (argsOf(row).has(key)) ours[row.renamed?.[key] ?? camel(key)] = valueHere(key, value, where);
    else if (fixed === undefined && !isOff(value) && !(name === 'Bidirectional' && key === 'backward_layer'))
      throw lacking(where, key, value);
  }
  // TensorFlow.js has a default, which would not be guarded.
  for (const arg of argsOf(row)) if (arg.endsWith('_initializer')) ours[camel(arg)] ??= guarded('Zeros', {});
  return {className: name, config: ours};
}

/** The names of a row's arguments. */
export function argsOf({args}: LayerRow): ReadonlySet<string> {
  return new Set(args.split(' '));
}

/** Whether the value is that of something that is not used. */
const isOff = (value: unknown) => value === null || value === false || value === 0;

function wrapped(name: string, label: string, config: Dict, where: string): object {
  const inner = classOf(config['layer'], where);
  if (name !== 'Bidirectional') return layerHere(inner, where);
  const {backward_layer} = config;
  if (backward_layer !== undefined && backward_layer !== null) {
    const back = classOf(backward_layer, where);
    const plain = ({name: kind, config: own}: ClassConfig) =>
      JSON.stringify([
        kind,
        Object.entries(own).filter(([key]) => !/^(name|dtype|go_backwards)$|initializer$/.test(key)),
      ]);
    if (plain(back) !== plain(inner) || back.config['go_backwards'] === inner.config['go_backwards'])
      throw notReadable(
        where,
        'has a backward_layer other than its layer with the opposite go_backwards, which TensorFlow.js lacks',
      );
  }
  // TensorFlow.js puts these words before the name by itself. Masked outputs are zero in both.
  const own = without(inner.config, 'zero_output_for_mask');
  const plainName = textIn(own, 'name', where).replace(/^forward_/, '');
  return layerHere({name: inner.name, config: {...own, name: plainName || label}}, where);
}

const resetAfter = (where: string) =>
  new Error(
    `${where} has reset_after=True, Keras's default, which TensorFlow.js lacks. Train it in Keras with ` +
      'GRU(…, reset_after=False), or use an LSTM.',
  );

function checkDtype(config: Dict, where: string): void {
  const dtype = dtypeIn(config);
  if (dtype !== 'float32') throw lacking(where, 'the dtype', dtype);
}

/** The name of a type or of a DTypePolicy. */
function dtypeIn(config: Dict): string {
  const {dtype = 'float32'} = config;
  if (typeof dtype === 'string') return dtype;
  const name = isDict(dtype) && isDict(dtype['config']) ? dtype['config']['name'] : undefined;
  return typeof name === 'string' ? name : JSON.stringify(dtype);
}

function classOf(value: unknown, where: string): ClassConfig {
  if (!isDict(value) || typeof value['class_name'] !== 'string' || !isDict(value['config']))
    throw broken(`${where} has something that is not a class with its configuration`);
  const {class_name: name, config, module, registered_name: registered} = value;
  // Classes of users are registered as 'package>Name'.
  if ((typeof module === 'string' && !/^keras(\.|$)/.test(module)) || String(registered).includes('>'))
    throw new Error(
      `${where} has the class ${name} of ${String(module ?? registered)}, which is not Keras's own. Only layers of ` +
        'Keras can be read; build such a model here, and read its weights by loadKerasWeights.',
    );
  return {name, config};
}

function textIn(from: unknown, key: string, where: string): string {
  const value = isDict(from) ? from[key] : undefined;
  if (typeof value !== 'string' || value === '') throw broken(`${where} lacks '${key}'`);
  return value;
}

function listIn(from: unknown, key: string, where: string): unknown[] {
  const value = isDict(from) ? from[key] : undefined;
  if (!Array.isArray(value)) throw broken(`${where} lacks the list '${key}'`);
  return [...items(value)];
}

/** The error for a configuration that Keras did not write. */
export const broken = (why: string) =>
  new Error(`The configuration in this .keras file is damaged: ${why}. Save the model again.`);
