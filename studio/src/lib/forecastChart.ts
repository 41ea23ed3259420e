/** The options of the forecast's chart: history, truth, forecasts and baselines over one index. */
import type uPlot from 'uplot';

export interface ForecastLine {
  label: string;
  colour: string;
  width: number;
  dash?: number[];
  values: (number | null)[];
}

/**
 * @param times labels of the indices; the index itself where there are none
 * @param split index of the first value of the test part: a line marks it
 */
export function forecastOptions(
  lines: readonly ForecastLine[],
  {
    width,
    height,
    times,
    split,
    text,
    grid,
  }: { width: number; height: number; times?: readonly string[]; split: number; text: string; grid: string },
): uPlot.Options {
  const axis = { stroke: text, font: '11px system-ui, sans-serif', ticks: { show: false } };
  const label = (index: number) => times?.[index] ?? String(index);
  return {
    width,
    height,
    padding: [10, 24, 0, 0],
    legend: { show: false },
    cursor: { drag: { x: true, y: false }, points: { size: 5 } },
    scales: { x: { time: false } },
    axes: [
      {
        ...axis,
        size: 26,
        gap: 4,
        space: 80,
        grid: { show: false },
        values: (_, splits) => splits.map((index) => (Number.isInteger(index) ? label(index) : '')),
      },
      { ...axis, size: 52, gap: 6, grid: { stroke: grid, width: 1 } },
    ],
    series: [
      {},
      ...lines.map(({ label, colour, width, dash }) => ({
        label,
        stroke: colour,
        width,
        dash,
        points: { show: false },
      })),
    ],
    hooks: {
      drawAxes: [
        (chart) => {
          const { ctx, bbox } = chart;
          const x = Math.round(chart.valToPos(split - 0.5, 'x', true));
          ctx.save();
          ctx.strokeStyle = text;
          ctx.globalAlpha = 0.6;
          ctx.setLineDash([3, 4]);
          ctx.beginPath();
          ctx.moveTo(x, bbox.top);
          ctx.lineTo(x, bbox.top + bbox.height);
          ctx.stroke();
          ctx.restore();
        },
      ],
    },
  };
}
