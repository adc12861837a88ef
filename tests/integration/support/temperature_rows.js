// Plants vehicles, temperature readings, trips and excursions straight into the tables, as ingest and the analysis would have left
// them. Sequence numbers of 0 are behind every analysis, so nothing computes them anew by itself.

const quote = (value) => (value === null || value === undefined ? 'NULL' : `'${String(value).replaceAll("'", "''")}'`);
const vehicleId = (name) => `(SELECT vehicle_id FROM vehicle WHERE name = ${quote(name)})`;

/** Each: [name, kind, fleet]. */
export async function plantFleet(program, vehicles) {
  await program.sql(`INSERT INTO vehicle (name, kind, fleet, created_at)
    VALUES ${vehicles.map(([name, kind, fleet]) => `(${quote(name)}, ${quote(kind)}, ${quote(fleet)}, '2026-01-01Z')`)}`);
}

/** Each: {at, c, version, flags}: at in ms. */
export async function plantReadings(program, vehicle, readings) {
  for (const day of new Set(readings.map(({ at }) => new Date(at).toISOString().slice(0, 10)))) {
    await program.sql(`SELECT ensure_breadcrumb_partition('${day}')`);
  }
  const rows = readings.map(({ at, c, version = 1, flags = 0 }) => `(${vehicleId(vehicle)}, '${new Date(at).toISOString()}', ${version}, 0,
    '${new Date(at).toISOString()}', ST_SetSRID(ST_Point(13.4, 52.5), 4326), 0, ${c === null ? 'NULL' : c}, ${flags}, 1)`);
  for (let from = 0; from < rows.length; from += 500) {
    await program.sql(`INSERT INTO breadcrumb (vehicle_id, recorded_at, version, seq, received_at, geom, cell, temperature_c, flags, source)
      VALUES ${rows.slice(from, from + 500).join(',')}`);
  }
}

/** Times in ms. */
export async function plantTrip(program, vehicle, { from, to, distance = 1000, open = false }) {
  await program.sql(`INSERT INTO trip (vehicle_id, started_at, ended_at, driver_id, distance_m, moving_s, max_speed_kmh, samples,
      started_geom, ended_geom, end_reason, is_open, revision)
    VALUES (${vehicleId(vehicle)}, '${new Date(from).toISOString()}', '${new Date(to).toISOString()}', 0, ${distance}, 60, 50, 10,
      'SRID=4326;POINT(13.4 52.5)', 'SRID=4326;POINT(13.5 52.5)', 1, ${open}, 1)`);
}

/** Each: {vehicle, rule, tier, side, from, to, fired, open, ...}: times in ms. */
export async function plantExcursions(program, excursions) {
  const time = (at) => (at === null ? 'NULL' : `'${new Date(at).toISOString()}'`);
  const rows = excursions.map(({ vehicle, rule, tier = 1, side = 2, from, to, limit = 8, extreme = 9.5, sum = 12.25, fired = null, open = false }) =>
    `(${vehicleId(vehicle)}, coalesce((SELECT rule_id FROM temperature_rule WHERE name = ${quote(rule)}), 0), ${tier}, ${time(from)}, ${time(to)},
      ${side}, ${limit}, ${extreme}, ${time(from)}, ${sum}, ${(to - from) / 1000}, 30, 7, ${time(fired)}, ${open}, 1, 3)`);
  await program.sql(`INSERT INTO excursion (vehicle_id, rule_id, tier, started_at, ended_at, side, limit_c, extreme_c, extreme_at,
      degree_minutes, over_s, paused_s, samples, fired_at, is_open, revision, rule_version) VALUES ${rows.join(',')}`);
}
