// Checked by `npm run typecheck`, never run: what the charts take and return. The package's declarations do not import
// Observable Plot, so that users without it compile; here is the real one.
import * as Plot from '@observablehq/plot';
import type * as tf from '@tensorflow/tfjs';
import * as tfvis from '@tensorflow/tfjs-vis';
import {parseHTML} from 'linkedom';

import {cos, fitCallbacks, fitOneCycle, lin, lrFind, oneCycle} from '../../src';
import {
  historyChart,
  liveChart,
  lrFindChart,
  plotHistory,
  type PlotLibrary,
  scheduleCharts,
  svgText,
} from '../../src/plot';

declare const model: tf.LayersModel;
declare const tensor: tf.Tensor;
declare const container: HTMLElement;

export const library: PlotLibrary = Plot;
const {document} = parseHTML('<html></html>');
const history = await model.fit(tensor, tensor);
export const chart: SVGSVGElement = historyChart(history, {Plot, document, metrics: ['loss', 'acc'], logY: true});
container.append(chart, lrFindChart(await lrFind(model, tensor, tensor), {Plot, width: 480}));
export const text: string = svgText(chart, {color: 'white', background: 'none'});
const {lr, mom} = scheduleCharts({lr: cos(1e-3, 0), mom: lin(0.95, 0.85)}, {Plot, groups: 2});
container.append(lr, mom);
export const ofPolicy: Readonly<Record<string, SVGSVGElement>> = scheduleCharts(oneCycle().schedulesFor([{lr: 1}]), {
  Plot,
});
const live = liveChart(container, {Plot});
await model.fit(tensor, tensor, {callbacks: live});
await fitOneCycle(model, tensor, tensor, {epochs: 1, callbacks: [live]});
fitCallbacks([oneCycle(), live]);
await plotHistory(tfvis, container, history, ['loss']);

// @ts-expect-error Observable Plot must be passed
historyChart(history, {document});
// @ts-expect-error tfjs-vis is not Observable Plot
historyChart(history, {Plot: tfvis});
// @ts-expect-error no such option
historyChart(history, {Plot, metric: ['loss']});
// @ts-expect-error a schedule must be given by hyper
scheduleCharts(cos(1, 0), {Plot});
// @ts-expect-error no such hyper in the schedules
export const {wd} = scheduleCharts({lr: cos(1, 0)}, {Plot});
// @ts-expect-error options are an object
svgText(chart, 'white');
