-- Stores alerts as the machine has left them.
-- Arrays: $1 alert_id, $2 vehicle_id, $3 kind, $4 subject_id, $5 condition_began_at, $6 state, $7 severity, $8 sequence, $9 began_at,
-- $10 ended_at, $11 fired_at, $12 acknowledged_at, $13 acknowledged_by, $14 cleared_at, $15 is_withdrawn, $16 late_s, $17 value,
-- $18 limit_value, $19 worst_at, $20 longitude_deg, $21 latitude_deg, $22 assigned_to, $23 muted_until, $24 says_beginning,
-- $25 says_end, $26 next_due_at.
-- No columns.
INSERT INTO alert (alert_id, vehicle_id, kind, subject_id, condition_began_at, state, severity, sequence, began_at, ended_at,
                   fired_at, acknowledged_at, acknowledged_by, cleared_at, is_withdrawn, late_s, value, limit_value, worst_at,
                   longitude_deg, latitude_deg, assigned_to, muted_until, says_beginning, says_end, next_due_at)
SELECT u.alert_id, u.vehicle_id, u.kind, u.subject_id, u.condition_began_at, u.state, u.severity, u.sequence,
       u.began_at, u.ended_at, u.fired_at, u.acknowledged_at, u.acknowledged_by, u.cleared_at, u.is_withdrawn, u.late_s, u.value,
       u.limit_value, u.worst_at, u.longitude_deg, u.latitude_deg, u.assigned_to, u.muted_until, u.says_beginning, u.says_end,
       u.next_due_at
  FROM unnest($1::bigint[], $2::bigint[], $3::smallint[], $4::bigint[], $5::timestamptz[], $6::text[], $7::smallint[], $8::integer[],
              $9::timestamptz[], $10::timestamptz[], $11::timestamptz[], $12::timestamptz[], $13::text[],
              $14::timestamptz[], $15::boolean[], $16::integer[], $17::real[], $18::real[], $19::timestamptz[], $20::float8[],
              $21::float8[], $22::text[], $23::timestamptz[], $24::boolean[], $25::boolean[], $26::timestamptz[])
       AS u (alert_id, vehicle_id, kind, subject_id, condition_began_at, state, severity, sequence, began_at, ended_at, fired_at,
             acknowledged_at, acknowledged_by, cleared_at, is_withdrawn, late_s, value, limit_value, worst_at, longitude_deg,
             latitude_deg, assigned_to, muted_until, says_beginning, says_end, next_due_at)
    ON CONFLICT (alert_id) DO UPDATE
   SET condition_began_at = excluded.condition_began_at, state = excluded.state, sequence = excluded.sequence,
       began_at = excluded.began_at, ended_at = excluded.ended_at, fired_at = excluded.fired_at,
       acknowledged_at = excluded.acknowledged_at, acknowledged_by = excluded.acknowledged_by, cleared_at = excluded.cleared_at,
       is_withdrawn = excluded.is_withdrawn, late_s = excluded.late_s, value = excluded.value, limit_value = excluded.limit_value,
       worst_at = excluded.worst_at, longitude_deg = excluded.longitude_deg, latitude_deg = excluded.latitude_deg,
       assigned_to = excluded.assigned_to, muted_until = excluded.muted_until, next_due_at = excluded.next_due_at
