// One episode: its facts, its speed against the limit, its way, and what people said of it. Tells by `review` of a new one.
import { describeError } from './api.js';
import { byId, make, setText } from './dom.js';
import { EpisodeChart, describeChart } from './episode_chart.js';
import { EpisodeMap } from './episode_map.js';
import { formatSpeed } from './format.js';
import { fetchEpisode, reviewEpisode } from './speeding_api.js';
import { formatExcess, formatInZone, formatMetres } from './speeding_words.js';

/** @typedef {import('./speeding_api.js').WholeEpisode} WholeEpisode */

/** @type {Record<string, string>} */
const SOURCES = { override: 'set by a dispatcher', posted: 'posted on the road', estimated: 'usual for such a road', zone: 'of the zone', vehicle: 'of the vehicle', fleet: 'of the fleet', unknown: 'unknown' };
/** @type {Record<string, string>} */
const ENDS = { under: 'slower again', gap: 'a gap in the data', limit: 'another limit began', ignition: 'ignition off', invalid: 'an implausible position', open: 'still going on' };

export class SpeedingEpisode extends EventTarget {
  /** @param {import('./settings.js').Settings} settings */
  constructor(settings) {
    super();
    this.settings = settings;
    this.area = byId('episode');
    this.chart = new EpisodeChart(byId('episode-chart'));
    this.map = new EpisodeMap(byId('episode-map'));
    this.form = /** @type {HTMLFormElement} */ (byId('review-form'));
    this.note = /** @type {HTMLTextAreaElement} */ (byId('review-note'));
    this.who = /** @type {HTMLInputElement} */ (byId('review-who'));
    this.state = byId('review-state');
    this.abort = new AbortController();
    /** 0: none is shown. */
    this.id = 0;
    this.zone = 'UTC';
    this.form.addEventListener('submit', (event) => event.preventDefault());
    for (const button of this.form.querySelectorAll('button')) {
      button.addEventListener('click', () => void this.review(/** @type {import('./speeding_api.js').ReviewState} */ (button.value)));
    }
  }

  clear() {
    this.abort.abort();
    this.id = 0;
    this.area.hidden = true;
    this.chart.clear();
    this.map.clear();
  }

  /** @param {number} id @param {string} zone */
  async open(id, zone) {
    this.clear();
    this.id = id;
    this.zone = zone;
    this.abort = new AbortController();
    const { signal } = this.abort;
    setText(byId('episode-state'), '');
    try {
      const episode = await fetchEpisode(id, signal);
      if (!signal.aborted) this.show(episode);
    } catch (error) {
      if (!signal.aborted) setText(byId('episode-state'), `The episode could not be read: ${describeError(error)}`);
    }
  }

  /** @param {WholeEpisode} episode */
  show(episode) {
    const { units, detail } = this.settings.values;
    this.area.hidden = false;
    setText(byId('episode-heading'), `${episode.vehicle}, ${formatInZone(episode.started_at, this.zone, { dateStyle: 'medium', timeStyle: 'medium' })}`);
    byId('episode-facts').replaceChildren(...this.facts(episode).flatMap(([name, value]) => [make('dt', '', name), make('dd', '', value)]));
    setText(byId('episode-caption'), describeChart(episode, units));
    this.chart.show(episode, units, this.zone);
    this.map.show(episode, detail);
    this.note.value = '';
    setText(this.state, '');
    this.showReviews(episode);
    this.area.scrollIntoView({ block: 'nearest' });
  }

  /** @param {WholeEpisode} episode @returns {[string, string][]} */
  facts(episode) {
    const { units } = this.settings.values;
    const uncertainty = (episode.before_s ?? 0) + (episode.after_s ?? 0);
    return [
      ['Driver', episode.driver ?? 'Nobody known'],
      ['Worst', `${formatExcess(episode.max_excess_kmh, units)} over the limit (${episode.band}), at ${formatSpeed(episode.max_speed_kmh, units)}`],
      ['Limit', `${formatSpeed(episode.limit_kmh, units)}, ${SOURCES[episode.limit_source]}${episode.zone ? `: ${episode.zone}` : ''}`],
      ['Road', episode.road ?? 'not known'],
      ['Lasted', `${Math.round(episode.duration_s)} s over ${formatMetres(episode.distance_m, units)}${uncertainty ? `, up to ${Math.round(uncertainty)} s longer` : ''}`],
      ['Ended by', ENDS[episode.end_reason]],
      ['Rests on', describeQuality(episode)],
      ['Version', `revision ${episode.revision}, rule set ${episode.rule_version}`],
    ];
  }

  /** @param {WholeEpisode} episode */
  showReviews(episode) {
    for (const button of this.form.querySelectorAll('button')) button.setAttribute('aria-pressed', String(button.value === episode.review));
    byId('review-list').replaceChildren(...episode.reviews.map((review) => {
      const line = make('li');
      const when = formatInZone(review.reviewed_at, this.zone, { dateStyle: 'medium', timeStyle: 'short' });
      line.append(make('span', '', `${review.review}${review.note ? `: ${review.note}` : ''}`), make('span', 'quiet', `${review.reviewed_by ?? 'nobody named'}, ${when}`));
      return line;
    }));
  }

  /** @param {import('./speeding_api.js').ReviewState} review */
  async review(review) {
    const { id } = this;
    setText(this.state, 'Storing.');
    try {
      const episode = await reviewEpisode(id, { review, note: this.note.value.trim() || null, reviewed_by: this.who.value.trim() || null });
      if (id === this.id) {
        this.showReviews(episode);
        this.note.value = '';
        setText(this.state, `Stored: ${review}.`);
      }
      this.dispatchEvent(new CustomEvent('review'));
    } catch (error) {
      if (id === this.id) setText(this.state, describeError(error));
    }
  }
}

/** How far it can be trusted. @param {WholeEpisode} episode */
function describeQuality(episode) {
  const marks = [`${episode.samples} ${episode.samples === 1 ? 'breadcrumb' : 'breadcrumbs'}`, `largest gap ${Math.round(episode.largest_gap_s)} s`];
  if (episode.has_jump) marks.push('beside a jump');
  if (episode.is_estimated) marks.push('an estimated limit');
  marks.push(episode.is_strict ? 'counts as strict' : 'not strict');
  return marks.join(', ');
}
