import uPlot from 'uplot';
import { type Palette, type as typography } from '../theme/tokens.ts';
import { drawOver, drawUnder } from './draw.ts';
import { type ChartSeries, valueRange } from './series.ts';
import { tickWords, valueTickWords } from './ticks.ts';

export interface PlotRequest {
  readonly series: ChartSeries;
  readonly palette: Palette;
  readonly width: number;
  readonly size: PlotSize;
  /** Switches and counted states are steps, not slopes. */
  readonly stepped: boolean;
  /** The stretch asked for, epoch ms; undefined ends follow the readings. */
  readonly range: { readonly from: number | undefined; readonly to: number | undefined };
}

/** Alone on a page, and as one of many. */
export const plotHeights = { full: 216, small: 148 } as const;

export type PlotSize = keyof typeof plotHeights;

/** Room left of the plot for the numbers of the y axis, the same in every chart so that times stand below each other. */
const axisWidth = 48;

export function plotOptions(request: PlotRequest): uPlot.Options {
  const { series, palette } = request;
  const font = `${typography.axis.size}px ${typography.family}`;
  const axis = { stroke: palette.muted, font, ticks: { show: false }, border: { show: false } };
  const linear = uPlot.paths.linear?.();
  const stepped = uPlot.paths.stepped?.({ align: 1 });
  const paths = request.stepped ? stepped : linear;
  return {
    width: request.width,
    height: plotHeights[request.size],
    padding: [8, 20, 0, 0],
    legend: { show: false },
    cursor: { show: false },
    scales: {
      x: { time: true, range: () => timeRange(request) },
      y: { range: () => (series.switches ? [-0.1, 1.1] : valueRange(series)) },
    },
    axes: [
      {
        ...axis,
        size: 44,
        gap: 12,
        space: 76,
        grid: { show: false },
        values: (_plot, ticks) => tickWords(ticks),
      },
      {
        ...axis,
        size: axisWidth,
        gap: 6,
        space: request.size === 'full' ? 44 : 28,
        grid: { stroke: palette.hairline, width: 1 },
        ...(series.switches ? { splits: () => [0, 1] } : {}),
        values: (_plot, ticks) =>
          series.switches ? ticks.map((tick) => (tick === 1 ? 'yes' : 'no')) : valueTickWords(ticks),
      },
    ],
    series: [
      {},
      {
        stroke: palette.line,
        width: 1.5,
        points: { show: false },
        ...(paths === undefined ? {} : { paths }),
        gaps: (plot) =>
          series.gaps.map((gap) => [
            Math.round(plot.valToPos(gap.from / 1000, 'x', true)),
            Math.round(plot.valToPos(gap.to / 1000, 'x', true)),
          ]),
      },
    ],
    hooks: {
      drawClear: [(plot) => drawUnder({ plot, series, palette })],
      draw: [(plot) => drawOver({ plot, series, palette })],
    },
  };
}

export function plotData(series: ChartSeries): uPlot.AlignedData {
  return [series.points.map((point) => point.at / 1000), series.points.map((point) => point.mean)];
}

/** In seconds, as uPlot counts. A single reading gets a minute on both sides. */
function timeRange({ range, series }: PlotRequest): [number, number] {
  const from = range.from ?? series.points[0]?.at ?? 0;
  const to = range.to ?? series.points.at(-1)?.at ?? 0;
  return to > from ? [from / 1000, to / 1000] : [from / 1000 - 60, from / 1000 + 60];
}
