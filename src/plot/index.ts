/**
 * Charts of histories, of schedules and of the learning-rate finder: as SVG by Observable Plot, or drawn with tfjs-vis.
 * The library that draws is passed in.
 * @module tfjs-optim/plot
 */
export type {ChartOptions, PlotLibrary} from './chart_options';
export type {FoundRates} from './finder_curve';
export {historyChart, type HistoryChartOptions, liveChart} from './history_chart';
export type {RecordedHistory} from './history_columns';
export {lrFindChart} from './lr_find_chart';
export {type ScheduleChartOptions, scheduleCharts} from './schedule_charts';
export {svgText, type SvgTextOptions} from './svg_text';
export {plotHistory, plotLrFind, plotSchedules, type Tfvis} from './tfjs_vis';
