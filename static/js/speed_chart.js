// Speed over time of the selected vehicle, drawn by uPlot. Tells through onHover which point the pointer is at.
import UPlot from 'uplot';
import { formatClock, formatClockSeconds, formatSpeed, speedIn, speedUnit } from './format.js';

const HEIGHT_PX = 160;
const GAP_S = 600;

export class SpeedChart {
  /** @param {HTMLElement} container @param {(index: number) => void} onHover */
  constructor(container, onHover) {
    this.container = container;
    this.onHover = onHover;
    /** @type {UPlot | null} */
    this.plot = null;
    /** @type {number[]} */
    this.timesS = [];
    /** @type {(number | null)[]} */
    this.speedsKmh = [];
    this.units = /** @type {'kmh' | 'mph'} */ ('kmh');
    new ResizeObserver(([entry]) => this.plot?.setSize({ width: Math.max(200, entry.contentRect.width), height: HEIGHT_PX })).observe(container);
  }

  /** @param {number[]} timesS @param {(number | null)[]} speedsKmh @param {'kmh' | 'mph'} units */
  show(timesS, speedsKmh, units) {
    this.timesS = timesS;
    this.speedsKmh = speedsKmh;
    this.units = units;
    this.rebuild();
  }

  /** @param {number} timeS @param {number | null} speedKmh */
  append(timeS, speedKmh) {
    this.timesS.push(timeS);
    this.speedsKmh.push(speedKmh);
    this.plot?.setData(this.data());
  }

  /** Speeds in the chosen unit; a long silence becomes a hole in the line.
   * @returns {UPlot.AlignedData} */
  data() {
    return [this.timesS, this.speedsKmh.map((speed) => (speed === null ? null : speedIn(speed, this.units)))];
  }

  /** Also to be called when the theme has changed. */
  rebuild() {
    this.plot?.destroy();
    this.plot = this.timesS.length > 1 ? new UPlot(this.options(), this.data(), this.container) : null;
  }

  /** @returns {UPlot.Options} */
  options() {
    const style = getComputedStyle(document.documentElement);
    const color = (/** @type {string} */ name) => style.getPropertyValue(name).trim();
    const axis = { stroke: color('--text-quiet'), grid: { stroke: color('--line'), width: 1 }, ticks: { show: false }, font: '11px system-ui, sans-serif' };
    return {
      width: Math.max(200, this.container.clientWidth),
      height: HEIGHT_PX,
      legend: { show: false },
      padding: [10, 8, 0, 0],
      cursor: { y: false, drag: { x: true, y: false } },
      scales: { y: { range: (_plot, _min, max) => [0, Math.max(10, (max ?? 0) * 1.1)] } },
      axes: [{ ...axis, space: 72, size: 26, values: timeLabels }, { ...axis, size: 38, space: 32 }],
      series: [{}, {
        label: speedUnit(this.units),
        stroke: color('--trail'),
        width: 1.5,
        fill: color('--trail-fill'),
        spanGaps: false,
        gaps: (_plot, _series, first, last, gaps) => this.addGaps(first, last, gaps),
        points: { show: false },
      }],
      hooks: { setCursor: [(plot) => this.onHover(plot.cursor.left !== undefined && plot.cursor.left >= 0 ? plot.cursor.idx ?? -1 : -1)] },
    };
  }

  /** @param {number} first @param {number} last @param {[number, number][]} gaps pixels */
  addGaps(first, last, gaps) {
    for (let index = first + 1; index <= last; index++) {
      if (this.timesS[index] - this.timesS[index - 1] <= GAP_S || !this.plot) continue;
      gaps.push([this.plot.valToPos(this.timesS[index - 1], 'x', true), this.plot.valToPos(this.timesS[index], 'x', true)]);
    }
    return gaps.sort((a, b) => a[0] - b[0]);
  }

  /** What the chart says, for those who cannot see it. */
  describe() {
    const known = this.speedsKmh.filter((speed) => speed !== null);
    if (known.length < 2) return 'No speeds in this period.';
    const highest = known.reduce((a, b) => Math.max(a, b), 0);
    const mean = known.reduce((a, b) => a + b, 0) / known.length;
    const from = formatClock(this.timesS[0] * 1000);
    const to = formatClock(this.timesS[this.timesS.length - 1] * 1000);
    return `Speed from ${from} to ${to}: at most ${formatSpeed(highest, this.units)}, mean of ${known.length} fixes ${formatSpeed(mean, this.units)}.`;
  }
}

/** @param {UPlot} _plot @param {number[]} timesS @param {number} _axis @param {number} _space @param {number} stepS */
function timeLabels(_plot, timesS, _axis, _space, stepS) {
  return timesS.map((timeS) => (stepS < 60 ? formatClockSeconds : formatClock)(timeS * 1000));
}
