import {warnOnce} from '../util/warn';
import {type Fit, type FitLogs, logged} from './fit_callback';
import {metricDirection} from './metric_direction';

/** Which logged value tells whether training got better. */
export interface MonitorOptions {
  /** The name of the value. Default `'val_loss'`. */
  readonly monitor?: string;
  /**
   * Whether less is better, or more. Default `'auto'`: as for tfjs-layers' metrics and losses, whichever of their
   * names is logged, also after `val_` and the name of an output: more of accuracies, `precision`, `recall`,
   * `r2Score` and `auc`; less of the others and of whatever has `loss` in its name. For any other name, it has to
   * be given.
   */
  readonly mode?: 'auto' | 'min' | 'max';
  /** How much better counts as better, from 0. Default 0. */
  readonly minDelta?: number;
}

/** Watches one logged value. */
export interface Monitor {
  /** Forgets the best value. @throws where it is not known whether more or less is better. */
  begin(fit: Fit): void;
  /** Whether the value is the best so far. @throws where it is not logged. */
  improves(logs: FitLogs): Promise<boolean>;
}

/** @param what the callback that asks, for errors. */
export function monitorOf(what: string, {monitor = 'val_loss', mode = 'auto', minDelta = 0}: MonitorOptions): Monitor {
  checkIsName(what, monitor);
  if (!(minDelta >= 0)) throw new Error(`${what}: 'minDelta' is a number from 0; got ${minDelta}.`);
  if (!['auto', 'min', 'max'].includes(mode))
    throw new Error(`${what}: 'mode' is 'auto', 'min' or 'max'; got '${mode}'.`);
  const direction = mode === 'auto' ? metricDirection(monitor) : mode;
  const sign = direction === 'max' ? 1 : -1;
  const data = monitor.startsWith('val_') ? 'Give validation data' : 'Add it to the metrics';
  const advice = `${data}, or set \`monitor\`.`;
  let best = -Infinity;
  return {
    begin: ({logs}) => {
      if (direction === undefined) {
        throw new Error(
          `${what} does not know whether more or less of '${monitor}' is better: ` + "set `mode` to 'max' or 'min'.",
        );
      }
      best = -Infinity;
      if (logs.length === 0 || logs.includes(monitor)) return;
      warnOnce(
        `fit does not log '${monitor}', which is monitored, but ${logs.join(', ')}. If no callback adds it, ` +
          `training stops after the first epoch. ${advice}`,
      );
    },
    improves: async logs => {
      const value = await logged(logs[monitor]);
      if (value === undefined) {
        const names = Object.keys(logs).join(', ') || 'nothing';
        throw new Error(`${what} watches '${monitor}', which is not logged. Logged: ${names}. ${advice}`);
      }
      if (!(sign * value > best + minDelta)) return false;
      best = sign * value;
      return true;
    },
  };
}

function checkIsName(what: string, monitor: unknown): void {
  if (typeof monitor !== 'string' || monitor === '')
    throw new Error(`${what}: 'monitor' is the name of a logged value, such as 'val_loss'; got ${String(monitor)}.`);
}
