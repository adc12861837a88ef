// Plants what the analysis would have derived: vehicles, drivers, episodes, day sums, breadcrumbs. Straight into the tables, with
// sequence numbers that the analysis has passed, so that nothing recomputes them.

/** A command line is of limited length. */
const ROWS_AT_ONCE = 200;

async function insertRows(program, into, rows) {
  for (let first = 0; first < rows.length; first += ROWS_AT_ONCE) {
    await program.sql(`INSERT INTO ${into} VALUES ${rows.slice(first, first + ROWS_AT_ONCE).join(',\n')}`);
  }
}

const quote = (value) => (value === null || value === undefined ? 'NULL' : `'${String(value).replaceAll("'", "''")}'`);

/** Where episodes lie unless they say otherwise. */
export const HOME = { lon: -122.68, lat: 45.52 };

export async function plantVehicles(program, names) {
  await program.sql(`INSERT INTO vehicle (name, created_at) SELECT unnest(ARRAY[${names.map(quote)}]), '2026-01-01Z' ON CONFLICT DO NOTHING`);
}

export async function plantDrivers(program, drivers) {
  await program.sql(`INSERT INTO driver (driver_id, name, pseudonym, created_at)
    VALUES ${drivers.map(({ id, name }) => `(${id}, ${quote(name)}, 'D${id}', '2026-01-01Z')`)}`);
}

/** Each: {vehicle, at, seconds, excess, limit, samples, driver, gap, quality, end, ...}. */
export async function plantEpisodes(program, episodes) {
  const rows = episodes.map(({ vehicle, at, seconds = 20, excess = 12, limit = 80, samples = 5, driver = 0, gap = 5, quality = 0, end = 1,
    source = 6, distance = 500, lon = HOME.lon, lat = HOME.lat, revision = 1, rules = 0 }) => `((SELECT vehicle_id FROM vehicle WHERE name = ${quote(vehicle)}),
    ${quote(at)}::timestamptz, ${quote(at)}::timestamptz + make_interval(secs => ${seconds}), ${driver}, 5, 5, ${distance}, ${samples}, ${gap}, ${limit + excess},
    ${limit + excess / 2}, ${limit + excess}, ${limit}, ${source}, ${excess}, ${excess / 2}, ${excess * seconds}, ${quality}, ${end},
    ST_SetSRID(ST_Point(${lon}, ${lat}), 4326), ${quote(at)}::timestamptz, ST_SetSRID(ST_Point(${lon}, ${lat}), 4326),
    ST_SetSRID(ST_Point(${lon + 0.01}, ${lat}), 4326), ${end === 0}, ${revision}, ${rules})`);
  await insertRows(program, `speeding_episode (vehicle_id, started_at, ended_at, driver_id, before_s, after_s, distance_m, samples,
      largest_gap_s, max_speed_kmh, mean_speed_kmh, p95_speed_kmh, limit_kmh, limit_source, max_excess_kmh, mean_excess_kmh,
      excess_integral_kmh_s, quality, end_reason, started_geom, peak_at, peak_geom, ended_geom, is_open, revision, rule_version)`, rows);
  await touchDays(program, episodes.map(({ at }) => new Date(at).toISOString().slice(0, 10)));
}

/** Each: {vehicle, day, driver, km, knownKm, overKm, hours, movingHours, overHours}. */
export async function plantDays(program, days) {
  const rows = days.map(({ vehicle, day, driver = 0, km = 100, knownKm = km, overKm = 0, hours = 2, movingHours = hours, overHours = 0 }) =>
    `((SELECT vehicle_id FROM vehicle WHERE name = ${quote(vehicle)}), '${day}', ${driver}, ${km * 1000}, ${knownKm * 1000}, ${overKm * 1000},
      ${hours * 3600}, ${movingHours * 3600}, ${hours * 3600}, ${overHours * 3600}, 100, 90, 1)`);
  await insertRows(program, `drive_day (vehicle_id, day, driver_id, distance_m, known_limit_m, over_limit_m, observed_s, moving_s,
      known_limit_s, over_limit_s, samples, max_speed_kmh, revision)`, rows);
  await touchDays(program, days.map(({ day }) => day));
}

/** As whoever changes derived rows says it. */
export async function touchDays(program, days) {
  await program.sql(`INSERT INTO analysis_day (day, change) SELECT day, nextval('analysis_day_change_seq')
    FROM (SELECT DISTINCT unnest(ARRAY[${days.map(quote)}]::date[]) AS day) d ON CONFLICT (day) DO UPDATE SET change = excluded.change`);
}

/** Each: {vehicle, at, speed, lon, lat, flags, extra}. */
export async function plantBreadcrumbs(program, breadcrumbs) {
  for (const day of new Set(breadcrumbs.map(({ at }) => new Date(at).toISOString().slice(0, 10)))) {
    await program.sql(`SELECT ensure_breadcrumb_partition('${day}')`);
  }
  const rows = breadcrumbs.map(({ vehicle, at, speed = 90, lon = HOME.lon, lat = HOME.lat, flags = 0, heading = 90, extra = null }) =>
    `((SELECT vehicle_id FROM vehicle WHERE name = ${quote(vehicle)}), ${quote(at)}, 1, 0, ${quote(at)}, ST_SetSRID(ST_Point(${lon}, ${lat}), 4326), 0,
      ${speed}, ${heading}, true, ${flags}, 1, ${extra === null ? 'NULL' : quote(JSON.stringify(extra))})`);
  await insertRows(program, `breadcrumb (vehicle_id, recorded_at, version, seq, received_at, geom, cell, speed_kmh, heading_deg, ignition,
      flags, source, extra)`, rows);
}
