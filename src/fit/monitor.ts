import {type FitLogs, logged} from './fit_callback';

/** Which logged value tells whether training got better. */
export interface MonitorOptions {
  /** The name of the value. Default `'val_loss'`. */
  readonly monitor?: string;
  /** Whether less is better, or more. Default `'auto'`: more where the name has `acc` in it. */
  readonly mode?: 'auto' | 'min' | 'max';
  /** How much better counts as better, from 0. Default 0. */
  readonly minDelta?: number;
}

/** Watches one logged value. */
export interface Monitor {
  /** Forgets the best value. */
  reset(): void;
  /** Whether the value is the best so far. @throws where it is not logged. */
  improves(logs: FitLogs): Promise<boolean>;
}

/** @param what the callback that asks, for errors. */
export function monitorOf(what: string, {monitor = 'val_loss', mode = 'auto', minDelta = 0}: MonitorOptions): Monitor {
  checkIsName(what, monitor);
  if (!(minDelta >= 0)) throw new Error(`${what}: 'minDelta' is a number from 0; got ${minDelta}.`);
  if (!['auto', 'min', 'max'].includes(mode)) throw new Error(`${what}: 'mode' is 'auto', 'min' or 'max'; got '${mode}'.`);
  const sign = mode === 'max' || (mode === 'auto' && monitor.includes('acc')) ? 1 : -1;
  let best = -Infinity;
  return {
    reset: () => { best = -Infinity; },
    improves: async logs => {
      const value = await logged(logs[monitor]);
      if (value === undefined) throw new Error(`${what} watches '${monitor}', which is not logged. Logged: ${Object.keys(logs).join(', ') || 'nothing'}. ${monitor.startsWith('val_') ? 'Give validation data' : 'Add it to the metrics'}, or set \`monitor\`.`);
      if (!(sign * value > best + minDelta)) return false;
      best = sign * value;
      return true;
    },
  };
}

function checkIsName(what: string, monitor: unknown): void {
  if (typeof monitor !== 'string' || monitor === '') throw new Error(`${what}: 'monitor' is the name of a logged value, such as 'val_loss'; got ${String(monitor)}.`);
}
