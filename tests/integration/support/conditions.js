// Conditions as the analysis writes them: planted in the database, with the number of the change and the hint that goes with it.
export const KINDS = { speeding: 1, temperature: 2, temperature_urgent: 3, warming: 4, silent_sensor: 5, zone: 7, zone_dwell: 8 };

const time = (value) => (value === undefined || value === null ? 'NULL' : `'${new Date(value).toISOString()}'`);
const number = (value) => value ?? 'NULL';

/** Registers vehicles by name; they need no breadcrumb. */
export async function addVehicles(program, names, fleet = null) {
  for (const name of names) {
    await program.get(`/v1/vehicles/${name}`, { method: 'PUT', headers: { 'content-type': 'application/json' },
      body: JSON.stringify(fleet === null ? {} : { fleet }) });
  }
}

/** The SQL of one condition as it now is. Times are milliseconds. */
export function conditionSql({ vehicle, kind, subject = 0, began, fires = began, ended = null, seen = Date.now(), value = null, limit = null }) {
  return `INSERT INTO alert_condition (vehicle_id, kind, subject_id, began_at, fires_at, ended_at, seen_at, value, limit_value, geom, change)
    SELECT vehicle_id, ${KINDS[kind]}, ${subject}, ${time(began)}, ${time(fires)}, ${time(ended)}, ${time(seen)}, ${number(value)},
           ${number(limit)}, st_setsrid(st_makepoint(-122.6, 45.5), 4326), nextval('alert_condition_change_seq')
      FROM vehicle WHERE name = '${vehicle}'
        ON CONFLICT (vehicle_id, kind, subject_id, began_at) DO UPDATE
       SET fires_at = excluded.fires_at, ended_at = excluded.ended_at, seen_at = excluded.seen_at, value = excluded.value,
           limit_value = excluded.limit_value, change = excluded.change;`;
}

export async function plant(program, ...conditions) {
  await program.sql(`BEGIN; ${conditions.map(conditionSql).join('\n')} SELECT pg_notify('crumbtrail_conditions', ''); COMMIT;`);
}

/** A request with a JSON body. */
export async function send(program, method, target, body) {
  return program.get(target, { method,
    ...(body === undefined ? {} : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }) });
}
