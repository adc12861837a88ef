// Drives along connected roads whose limit is known, with what a receiver makes of them: independent of the program, seeded.
//
// A drive goes from junction to junction, straight on more often than not, never against a one-way and never turning round; it
// keeps to about the limit, slows down for bends, and stands at some junctions. Every five seconds there is a breadcrumb: the true
// place plus Gaussian noise on both axes, independent from one to the next; the speed with 1 km/h of noise; the heading of the true
// movement (from a second before to a second after, as a corner is driven in a curve) with noise of 5 degrees, more when slow (at 10 km/h 15), of standing vehicles the last one, rounded to degrees.

const METRES_PER_DEG = 111195;

/** Uniform numbers in [0, 1): mulberry32. */
export function randomOf(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6D2B79F5) >>> 0;
    let mixed = Math.imul(state ^ state >>> 15, state | 1);
    mixed = (mixed + Math.imul(mixed ^ mixed >>> 7, mixed | 61)) ^ mixed;
    return ((mixed ^ mixed >>> 14) >>> 0) / 4294967296;
  };
}

function gaussOf(random) {
  return () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

const bearing = (a, b) => (Math.atan2(b[0] - a[0], b[1] - a[1]) * 180 / Math.PI + 360) % 360;
const turn = (a, b) => Math.abs(((b - a + 540) % 360) - 180);

/** Segments {road_id, from_node, to_node, oneway, forward_kmh, backward_kmh, points: [[lon, lat], ...]} as a network in metres. */
export class Network {
  constructor(segments) {
    const [lon, lat] = segments[0].points[0];
    this.origin = { lon, lat, width: METRES_PER_DEG * Math.cos(lat * Math.PI / 180) };
    this.leaving = new Map();
    for (const segment of segments) {
      const points = segment.points.map(([x, y]) => [(x - lon) * this.origin.width, (y - lat) * METRES_PER_DEG]);
      if (segment.oneway !== -1 && segment.forward_kmh !== null) this.#add(segment, true, points, segment.forward_kmh);
      if (segment.oneway !== 1 && segment.backward_kmh !== null) {
        this.#add(segment, false, points.slice().reverse(), segment.backward_kmh);
      }
    }
    this.arcs = [...this.leaving.values()].flat();
  }

  #add(segment, forward, points, limit) {
    const from = forward ? segment.from_node : segment.to_node;
    const to = forward ? segment.to_node : segment.from_node;
    let length_m = 0;
    for (let i = 1; i < points.length; i++) length_m += Math.hypot(points[i][0] - points[i - 1][0], points[i][1] - points[i - 1][1]);
    const arc = { road: segment.road_id, forward, points, limit, to, length_m };
    if (!this.leaving.has(from)) this.leaving.set(from, []);
    this.leaving.get(from).push(arc);
  }

  toDegrees([x, y]) {
    return [this.origin.lon + x / this.origin.width, this.origin.lat + y / METRES_PER_DEG];
  }
}

/** The vehicle stands at the stop line, not on the junction: a point distance_m before the end of the line (or half of its last step). */
function stopBefore(line, distance_m, stop_s) {
  const [before, end] = line.slice(-2);
  const step = end.along - before.along;
  const share = Math.max(0.5, 1 - distance_m / step);
  line.splice(-1, 0, { x: before.x + (end.x - before.x) * share, y: before.y + (end.y - before.y) * share,
    along: before.along + step * share, arc: before.arc, stop_s });
}

/** A line of at least length_m along arcs: [{x, y, along, arc, stop_s}]; null when the way ends before. */
function planLine(network, random, length_m) {
  let arc = network.arcs[Math.floor(random() * network.arcs.length)];
  const line = [];
  const recent = []; /* nobody drives in circles */
  let along = 0;
  while (along < length_m) {
    recent.push(arc.road);
    if (recent.length > 20) recent.shift();
    for (let i = 0; i < arc.points.length; i++) {
      const last = line.at(-1);
      const step = last ? Math.hypot(arc.points[i][0] - last.x, arc.points[i][1] - last.y) : 0;
      along += step;
      if (last && step === 0) last.arc = arc;
      else line.push({ x: arc.points[i][0], y: arc.points[i][1], along, arc, stop_s: 0 });
    }
    const heading = bearing(arc.points.at(-2), arc.points.at(-1));
    const onward = (network.leaving.get(arc.to) ?? []).filter((next) => !recent.includes(next.road)
      && turn(heading, bearing(next.points[0], next.points[1])) < 150);
    if (onward.length === 0) return along >= length_m ? line : null;
    onward.sort((a, b) => turn(heading, bearing(a.points[0], a.points[1])) - turn(heading, bearing(b.points[0], b.points[1])));
    if (onward.length > 1 && random() < 0.08 && arc.length_m > 25) stopBefore(line, 12, 5 + random() * 35);
    arc = random() < 0.85 ? onward[0] : onward[Math.floor(random() * onward.length)];
  }
  return line;
}

/** How fast (m/s) each point may be passed: the limit, bends, standing still, and braking before them. */
function planSpeeds(line, pace) {
  const allowed = line.map((point, i) => {
    let speed = point.arc.limit / 3.6 * pace;
    if (i > 0 && i < line.length - 1) {
      const angle = turn(bearing([line[i - 1].x, line[i - 1].y], [point.x, point.y]),
        bearing([point.x, point.y], [line[i + 1].x, line[i + 1].y]));
      if (angle > 60) speed = Math.min(speed, 4.5);
      else if (angle > 30) speed = Math.min(speed, 8);
    }
    return point.stop_s > 0 ? 0.5 : speed;
  });
  for (let i = line.length - 2; i >= 0; i--) {
    allowed[i] = Math.min(allowed[i], Math.sqrt(allowed[i + 1] ** 2 + 2 * 1.8 * (line[i + 1].along - line[i].along)));
  }
  return allowed;
}

/** Where the vehicle is, second by second: {x, y, speed, arc}. */
function move(line, pace) {
  const allowed = planSpeeds(line, pace);
  const seconds = [];
  let along = 0;
  let speed = 0;
  let at = 0;
  let wait = 0;
  let stopped = -1;
  while (at < line.length - 1 && seconds.length < 3600) {
    const [here, next] = [line[at], line[at + 1]];
    const share = (along - here.along) / (next.along - here.along);
    seconds.push({ x: here.x + (next.x - here.x) * share, y: here.y + (next.y - here.y) * share, speed, arc: here.arc });
    if (wait > 0) {
      wait -= 1;
      speed = 0;
      continue;
    }
    const brake = Math.sqrt(allowed[at + 1] ** 2 + 2 * 1.8 * (next.along - along));
    speed = Math.max(Math.min(speed + 1.6, here.arc.limit / 3.6 * pace, brake), 1);
    along += speed;
    while (at < line.length - 1 && along >= line[at + 1].along) {
      at += 1;
      if (line[at].stop_s > 0 && stopped !== at) {
        stopped = at;
        wait = Math.round(line[at].stop_s);
        along = line[at].along;
        break;
      }
    }
  }
  return seconds;
}

/** Breadcrumbs of one drive: {t_s, lon, lat, speed_kmh, heading_deg, road_id, is_forward, limit_kmh}, the last three the truth. */
function breadcrumbsOf(network, seconds, random, noise_m, interval_s) {
  const gauss = gaussOf(random);
  const breadcrumbs = [];
  let course = null;
  const first = Math.floor(random() * interval_s);
  for (let t = 0; t < seconds.length; t++) {
    const now = seconds[t];
    const [before, after] = [seconds[t - 1] ?? now, seconds[t + 1] ?? now];
    if (Math.hypot(after.x - before.x, after.y - before.y) > 1) course = bearing([before.x, before.y], [after.x, after.y]);
    if (t < first || (t - first) % interval_s !== 0 || course === null) continue;
    const [lon, lat] = network.toDegrees([now.x + gauss() * noise_m, now.y + gauss() * noise_m]);
    const speed_kmh = Math.max(0, now.speed * 3.6 + (now.speed > 0 ? gauss() : 0));
    const spread = Math.min(40, Math.max(5, 150 / Math.max(now.speed * 3.6, 1)));
    const heading_deg = (Math.round(course + gauss() * spread) % 360 + 360) % 360;
    breadcrumbs.push({ t_s: t, lon, lat, speed_kmh, heading_deg, road_id: now.arc.road, is_forward: now.arc.forward,
      limit_kmh: now.arc.limit });
  }
  return breadcrumbs;
}

/** `count` drives of about minutes each. */
export function makeDrives(network, { seed, count, noise_m, minutes = 12, interval_s = 5 }) {
  const random = randomOf(seed);
  const drives = [];
  while (drives.length < count) {
    const pace = 0.8 + random() * 0.35;
    const line = planLine(network, random, minutes * 600);
    if (line === null) continue;
    drives.push(breadcrumbsOf(network, move(line, pace), random, noise_m, interval_s));
  }
  return drives;
}
