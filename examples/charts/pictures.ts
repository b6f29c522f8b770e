import * as Plot from '@observablehq/plot';
import {parseHTML} from 'linkedom';
import {type LrFindResult, oneCycle} from 'tfjs-optim';
import {historyChart, lrFindChart, type RecordedHistory, scheduleCharts, svgText} from 'tfjs-optim/plot';

import {defined} from '../support/lookup';

/** What a training is drawn from. */
export interface RecordedTraining {
  readonly found: LrFindResult;
  readonly history: RecordedHistory;
  /** The hypers of each group before the training, and its highest learning rate. */
  readonly groups: ReadonlyArray<{readonly lr: number; readonly mom: number; readonly lrMax: number}>;
}

/** The pictures of a training, as texts of SVG files, by file name. */
export function picturesOf({found, history, groups}: RecordedTraining): ReadonlyMap<string, string> {
  // Node has no document.
  const {document} = parseHTML('<html></html>');
  const options = {Plot, document};
  const schedules = oneCycle({lrMax: groups.map(({lrMax}) => lrMax)}).schedulesFor(
    groups.map(({lr, mom}) => ({lr, mom})),
  );
  const {lr} = scheduleCharts(schedules, {...options, groups: groups.length});
  return new Map(
    Object.entries({
      'plot_lr_find.svg': lrFindChart(found, options),
      'plot_schedule.svg': defined(lr, 'schedule of lr'),
      'plot_history.svg': historyChart(history, options),
    }).map(([file, chart]) => [file, svgText(chart)]),
  );
}
