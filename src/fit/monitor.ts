import {shown} from '../util/shown';
import {warnOnce} from '../util/warn';
import {type Fit, type FitLogs, isOfValidation, logged} from './fit_callback';
import {metricDirection} from './metric_direction';

/** Which logged value shows whether training got better. */
export interface MonitorOptions {
  /** The name of the value. Default `'val_loss'`. */
  readonly monitor?: string;
  /**
   * `'min'` where less is better, `'max'` where more is. Default `'auto'`, which knows the metrics and losses of
   * tfjs-layers by any of their names, also after `val_` and the name of an output. More is better for accuracies,
   * `precision`, `recall`, `r2Score` and `auc`. Less is better for the others, and for every name that contains `loss`.
   * For any other name, `mode` must be given.
   */
  readonly mode?: 'auto' | 'min' | 'max';
  /** A value counts as better where it is better by more than this, from 0. Default 0. */
  readonly minDelta?: number;
}

/** Watches one logged value. */
interface Monitor {
  /** Forgets the best value. @throws where it is not known whether more or less is better. */
  begin(fit: Fit): void;
  /**
   * Whether the value is the best so far. Undefined where training stops within the epoch: then the validation is
   * missing, and the loss and the metrics are those of some batches only. @throws where it is not logged otherwise.
   */
  improves(fit: Fit, logs: FitLogs): Promise<boolean | undefined>;
}

/** @param what the name of the callback that watches, for errors. */
export function monitorOf(what: string, {monitor = 'val_loss', mode = 'auto', minDelta = 0}: MonitorOptions): Monitor {
  checkIsName(what, monitor);
  if (!(Number.isFinite(minDelta) && minDelta >= 0))
    throw new Error(`${what}: 'minDelta' must be a number from 0; got ${shown(minDelta)}.`);
  if (!['auto', 'min', 'max'].includes(mode))
    throw new Error(`${what}: 'mode' must be 'auto', 'min' or 'max'; got ${shown(mode)}.`);
  const direction = mode === 'auto' ? metricDirection(monitor) : mode;
  const sign = direction === 'max' ? 1 : -1;
  const adviceFor = (names: readonly string[]) => {
    const isValidated = names.some(isOfValidation);
    const action = isOfValidation(monitor) && !isValidated ? 'Give validation data' : 'Add it to the metrics';
    return `${action}, or set 'monitor' to a name that is logged.`;
  };
  let best = -Infinity;
  let whole: number | undefined;
  /** Whether fit measured the value on some batches only, because training stops within the epoch. */
  const isPartial = ({model, batches, knownSteps, logs}: Fit, now: FitLogs) => {
    if (!model.stopTraining) whole = batches;
    else if (logs.includes(monitor)) {
      const validation = logs.filter(isOfValidation);
      // After the last batch comes the validation. Without it, the batches of an earlier epoch tell how many there are.
      if (validation.some(name => name in now)) return false;
      const all = whole ?? knownSteps;
      return all === undefined ? validation.length > 0 : batches < all;
    }
    return false;
  };
  return {
    begin: ({logs}) => {
      if (direction === undefined) {
        throw new Error(
          `${what} does not know whether more or less of '${monitor}' is better. Set 'mode' to 'max' or 'min'.`,
        );
      }
      best = -Infinity;
      whole = undefined;
      if (logs.length === 0 || logs.includes(monitor)) return;
      warnOnce(
        `a callback watches '${monitor}', but fit logs only ${logs.join(', ')}. If no callback adds '${monitor}', ` +
          `training stops with an error after the first epoch. ${adviceFor(logs)}`,
      );
    },
    improves: async (fit, logs) => {
      const value = await logged(logs[monitor]);
      if (isPartial(fit, logs) || (value === undefined && fit.model.stopTraining)) {
        if (best === -Infinity)
          warnOnce(
            `training stopped before '${monitor}' was logged for a whole epoch, so ${what} had no effect. ` +
              'Train for longer than an epoch.',
          );
        return undefined;
      }
      if (value === undefined) {
        const names = Object.keys(logs);
        throw new Error(
          `${what} watches '${monitor}', which was not logged. Logged: ${names.join(', ') || 'nothing'}. ` +
            adviceFor(names),
        );
      }
      if (!(sign * value > best + minDelta)) return false;
      best = sign * value;
      return true;
    },
  };
}

function checkIsName(what: string, monitor: unknown): void {
  if (typeof monitor !== 'string' || monitor === '')
    throw new Error(
      `${what}: 'monitor' must be the name of a logged value, such as 'val_loss'; got ${shown(monitor)}.`,
    );
}
