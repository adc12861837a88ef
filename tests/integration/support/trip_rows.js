// Plants what the analysis would have derived: trips and stops, and the newest positions of their vehicles. Straight into the tables,
// as speeding_rows.js does.
import { HOME } from './speeding_rows.js';

const point = (lon, lat) => `ST_SetSRID(ST_Point(${lon}, ${lat}), 4326)`;
const id = (vehicle) => `(SELECT vehicle_id FROM vehicle WHERE name = '${vehicle}')`;
const time = (at, seconds = 0) => `'${at}'::timestamptz + make_interval(secs => ${seconds})`;

async function plantPositions(program, vehicles) {
  const names = [...new Set(vehicles)].map((name) => `'${name}'`);
  await program.sql(`INSERT INTO position (vehicle_id, recorded_at, version, seq, received_at, geom, cell, source)
    SELECT vehicle_id, '2026-01-01Z', 1, 0, '2026-01-01Z', ${point(HOME.lon, HOME.lat)}, 0, 1 FROM vehicle WHERE name IN (${names})
    ON CONFLICT DO NOTHING`);
}

/** Each: {vehicle, at, seconds, driver, metres, lon, lat, lonEnd, end (0: open)}. */
export async function plantTrips(program, trips) {
  const rows = trips.map(({ vehicle, at, seconds = 600, driver = 0, metres = 5000, lon = HOME.lon, lat = HOME.lat, lonEnd = lon + 0.05, end = 1 }) =>
    `(${id(vehicle)}, ${time(at)}, ${time(at, seconds)}, ${driver}, ${metres}, ${seconds / 2}, 80, 60, ${point(lon, lat)}, ${point(lonEnd, lat)},
      ${end}, ${end === 0}, 1)`);
  await program.sql(`INSERT INTO trip (vehicle_id, started_at, ended_at, driver_id, distance_m, moving_s, max_speed_kmh, samples, started_geom,
      ended_geom, end_reason, is_open, revision) VALUES ${rows.join(', ')}`);
  await plantPositions(program, trips.map(({ vehicle }) => vehicle));
}

/** Each: {vehicle, at, seconds, lon, lat, open}. */
export async function plantStops(program, stops) {
  const rows = stops.map(({ vehicle, at, seconds = 600, lon = HOME.lon, lat = HOME.lat, open = false }) =>
    `(${id(vehicle)}, ${time(at)}, ${time(at, seconds)}, ${seconds / 4}, 60, ${point(lon, lat)}, ${open}, 1)`);
  await program.sql(`INSERT INTO stop (vehicle_id, started_at, ended_at, idling_s, samples, geom, is_open, revision) VALUES ${rows.join(', ')}`);
  await plantPositions(program, stops.map(({ vehicle }) => vehicle));
}
