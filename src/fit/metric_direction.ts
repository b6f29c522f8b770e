/** tfjs-layers' metrics and losses, by what their names are without case, and those of Keras. */
const MORE = [
  'acc',
  'accuracy',
  'binaryaccuracy',
  'categoricalaccuracy',
  'sparsecategoricalaccuracy',
  'topkcategoricalaccuracy',
  'sparsetopkcategoricalaccuracy',
  'precision',
  'recall',
  'r2score',
  'auc',
];
const LESS = [
  'mse',
  'meansquarederror',
  'mae',
  'meanabsoluteerror',
  'mape',
  'meanabsolutepercentageerror',
  'msle',
  'meansquaredlogarithmicerror',
  'hinge',
  'squaredhinge',
  'categoricalhinge',
  'logcosh',
  'ce',
  'crossentropy',
  'binarycrossentropy',
  'categoricalcrossentropy',
  'sparsecategoricalcrossentropy',
  'kld',
  'kullbackleiblerdivergence',
  'poisson',
  // tfjs-layers negates it.
  'cosine',
  'cosineproximity',
];

/**
 * Whether more of a logged value is better ('max'), or less ('min'); undefined where that is not known. Prefixes
 * that end in an underscore, as `val_` and the names of outputs do, say nothing.
 */
export function metricDirection(logged: string): 'max' | 'min' | undefined {
  const parts = logged.toLowerCase().split('_');
  // Bundlers number functions of one name: `tf.metrics.precision` may be logged as `precision2` or `precision$1`.
  const names = parts.map((_, i) =>
    parts
      .slice(i)
      .join('')
      .replace(/\$?\d+$/, ''),
  );
  if (names.some(name => MORE.includes(name))) return 'max';
  return names.some(name => LESS.includes(name)) || logged.toLowerCase().includes('loss') ? 'min' : undefined;
}
