// Speed against the limit during one episode, drawn by uPlot: the limit dashed, what lies above it in the colour of excess.
import UPlot from 'uplot';
import { formatSpeed, speedIn, speedUnit } from './format.js';
import { formatInZone } from './speeding_words.js';

const HEIGHT_PX = 170;

export class EpisodeChart {
  /** @param {HTMLElement} container */
  constructor(container) {
    this.container = container;
    /** @type {UPlot | null} */
    this.plot = null;
    new ResizeObserver(([entry]) => this.plot?.setSize({ width: Math.max(200, entry.contentRect.width), height: HEIGHT_PX })).observe(container);
  }

  clear() {
    this.plot?.destroy();
    this.plot = null;
  }

  /** @param {import('./speeding_api.js').WholeEpisode} episode @param {'kmh' | 'mph'} units @param {string} zone */
  show(episode, units, zone) {
    this.clear();
    const points = episode.breadcrumbs.filter((point) => point.speed_kmh !== null);
    if (points.length < 2) return;
    const shown = (/** @type {number | null} */ speed) => (speed === null ? null : speedIn(speed, units));
    const speeds = points.map((point) => shown(point.speed_kmh));
    const limits = points.map((point) => shown(point.excess_kmh === null ? null : (point.speed_kmh ?? 0) - point.excess_kmh));
    const times = points.map((point) => Date.parse(point.recorded_at) / 1000);
    this.plot = new UPlot(this.options(units, zone), [times, speeds, limits], this.container);
  }

  /** @param {'kmh' | 'mph'} units @param {string} zone @returns {UPlot.Options} */
  options(units, zone) {
    const style = getComputedStyle(document.documentElement);
    const color = (/** @type {string} */ name) => style.getPropertyValue(name).trim();
    const axis = { stroke: color('--text-quiet'), grid: { stroke: color('--line'), width: 1 }, ticks: { show: false }, font: '11px system-ui, sans-serif' };
    const clock = (/** @type {number} */ timeS) => formatInZone(new Date(timeS * 1000).toISOString(), zone, { hour: '2-digit', minute: '2-digit', second: '2-digit' });
    return {
      width: Math.max(200, this.container.clientWidth),
      height: HEIGHT_PX,
      legend: { show: false },
      padding: [10, 30, 0, 0],
      cursor: { show: false },
      scales: { y: { range: (_plot, _min, max) => [0, Math.max(10, (max ?? 0) * 1.1)] } },
      axes: [{ ...axis, space: 90, size: 26, values: (_plot, timesS) => timesS.map(clock) }, { ...axis, size: 38, space: 32 }],
      series: [{}, { label: speedUnit(units), stroke: color('--bad'), width: 2, points: { show: true, size: 5 } },
        { label: 'Limit', stroke: color('--text'), width: 2, dash: [6, 4], points: { show: false } }],
    };
  }
}

/** What the chart says, for those who cannot see it. @param {import('./speeding_api.js').WholeEpisode} episode @param {'kmh' | 'mph'} units */
export function describeChart(episode, units) {
  return `Speed (line) against the limit of ${formatSpeed(episode.limit_kmh, units)} (dashed): at most ${formatSpeed(episode.max_speed_kmh, units)}, mean ${formatSpeed(episode.mean_speed_kmh, units)}.`;
}
