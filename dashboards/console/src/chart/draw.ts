import type uPlot from 'uplot';
import type { Palette } from '../theme/tokens.ts';
import type { ChartSeries } from './series.ts';

/** Draws what uPlot has no series for; sizes in CSS px, scaled to the canvas here. */
export interface Pen {
  readonly plot: uPlot;
  readonly series: ChartSeries;
  readonly palette: Palette;
}

const scale = (): number => window.devicePixelRatio || 1;

const x = ({ plot }: Pen, at: number): number => plot.valToPos(at / 1000, 'x', true);
const y = ({ plot }: Pen, value: number): number => plot.valToPos(value, 'y', true);

/** Runs `draw` so that nothing shows outside the axes. */
function inside({ plot }: Pen, draw: (context: CanvasRenderingContext2D) => void): void {
  const { ctx, bbox } = plot;
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  draw(ctx);
  ctx.restore();
}

/** Below the line: the expected band and the stretches without readings. */
export function drawUnder(pen: Pen): void {
  inside(pen, (context) => {
    drawBand(pen, context);
    for (const gap of pen.series.gaps) hatch(pen, context, x(pen, gap.from), x(pen, gap.to));
  });
}

function drawBand(pen: Pen, context: CanvasRenderingContext2D): void {
  const { band, gaps } = pen.series;
  context.fillStyle = pen.palette.band;
  let from = 0;
  // Never joined across a gap: nothing was expected of readings that were not there.
  for (let end = 1; end <= band.length; end += 1) {
    const before = band[end - 1];
    const next = band[end];
    const broken =
      before === undefined || next === undefined || gaps.some((gap) => before.at <= gap.from && next.at >= gap.to);
    if (!broken) continue;
    const run = band.slice(from, end);
    context.beginPath();
    for (const point of run) context.lineTo(x(pen, point.at), y(pen, point.high));
    for (const point of run.toReversed()) context.lineTo(x(pen, point.at), y(pen, point.low));
    context.closePath();
    context.fill();
    from = end;
  }
}

function hatch(pen: Pen, context: CanvasRenderingContext2D, from: number, to: number): void {
  const { top, height } = pen.plot.bbox;
  const step = 7 * scale();
  context.save();
  context.beginPath();
  context.rect(from, top, to - from, height);
  context.clip();
  context.strokeStyle = pen.palette.hatch;
  context.lineWidth = scale();
  context.beginPath();
  for (let start = from - height; start < to; start += step) {
    context.moveTo(start, top + height);
    context.lineTo(start + height, top);
  }
  context.stroke();
  context.restore();
}

/** Above the line: spread of bucketed readings, lonely readings, and rings around those that fired. */
export function drawOver(pen: Pen): void {
  inside(pen, (context) => {
    if (pen.series.bucketed) drawSpread(pen, context);
    drawLonely(pen, context);
    drawFirings(pen, context);
  });
  drawEpisodes(pen);
}

function drawSpread(pen: Pen, context: CanvasRenderingContext2D): void {
  context.save();
  context.globalAlpha = 0.35;
  context.strokeStyle = pen.palette.line;
  context.lineWidth = scale();
  context.beginPath();
  for (const point of pen.series.points) {
    context.moveTo(x(pen, point.at), y(pen, point.min));
    context.lineTo(x(pen, point.at), y(pen, point.max));
  }
  context.stroke();
  context.restore();
}

/** A reading between two gaps has no line; a dot keeps it from vanishing. */
function drawLonely(pen: Pen, context: CanvasRenderingContext2D): void {
  const { points, gaps } = pen.series;
  const ends = new Set(gaps.map((gap) => gap.to));
  const starts = new Set(gaps.map((gap) => gap.from));
  context.fillStyle = pen.palette.line;
  for (const [index, point] of points.entries()) {
    const opens = index === 0 || ends.has(point.at);
    const closes = index === points.length - 1 || starts.has(point.at);
    if (opens && closes) disc(context, x(pen, point.at), y(pen, point.mean), 2 * scale());
  }
}

function drawFirings(pen: Pen, context: CanvasRenderingContext2D): void {
  for (const firing of pen.series.firings) {
    const left = x(pen, firing.at);
    const top = y(pen, firing.value);
    const colour = pen.palette[firing.severity].mark;
    context.fillStyle = colour;
    disc(context, left, top, 2 * scale());
    context.strokeStyle = colour;
    context.lineWidth = 1.5 * scale();
    context.beginPath();
    context.arc(left, top, 5 * scale(), 0, 2 * Math.PI);
    context.stroke();
  }
}

function disc(context: CanvasRenderingContext2D, left: number, top: number, radius: number): void {
  context.beginPath();
  context.arc(left, top, radius, 0, 2 * Math.PI);
  context.fill();
}

/** Bars below the axis: how long each finding held; to the edge while it still does. */
function drawEpisodes(pen: Pen): void {
  const { ctx, bbox } = pen.plot;
  const right = bbox.left + bbox.width;
  for (const episode of pen.series.episodes) {
    const from = Math.max(bbox.left, x(pen, episode.from));
    const to = Math.min(right, episode.to === undefined ? right : x(pen, episode.to));
    if (to < bbox.left || from > right) continue;
    ctx.fillStyle = pen.palette[episode.severity].mark;
    ctx.fillRect(from, bbox.top + bbox.height + 3 * scale(), Math.max(to - from, 3 * scale()), 4 * scale());
  }
}
