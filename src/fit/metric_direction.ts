// The metrics and losses of tfjs-layers and Keras: their names in lower case, without underscores.
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
  // tfjs-layers negates the cosine, so less is better.
  'cosine',
  'cosineproximity',
];

/**
 * 'max' where more of a logged value is better, 'min' where less is; undefined where that is not known. Prefixes that
 * end in an underscore do not count: `val_` and the names of outputs.
 */
export function metricDirection(logged: string): 'max' | 'min' | undefined {
  const parts = logged.toLowerCase().split('_');
  // Bundlers number functions that have the same name: `tf.metrics.precision` may be logged as `precision2` or
  // `precision$1`.
  const names = parts.map((_, i) =>
    parts
      .slice(i)
      .join('')
      .replace(/\$?\d+$/, ''),
  );
  if (names.some(name => MORE.includes(name))) return 'max';
  return names.some(name => LESS.includes(name)) || logged.toLowerCase().includes('loss') ? 'min' : undefined;
}
