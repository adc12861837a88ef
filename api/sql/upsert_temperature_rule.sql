-- Enters a temperature rule, or replaces the one of that name.
-- $1 name, $2 bigint vehicle or null, $3 kind, $4 fleet, $5 to $8 float8 limits in degrees Celsius: lowest, highest, urgent lowest, urgent
-- highest, $9 integer delay in s, $10 integer delay of clearing, $11 float8 hysteresis, $12 pause field, $13 integer longest pause,
-- $14 integer warning ahead in s, $15 integer silence in s, $16 now.
INSERT INTO temperature_rule
       (name, vehicle_id, kind, fleet, lowest_c, highest_c, urgent_lowest_c, urgent_highest_c, for_s, clear_for_s, hysteresis_c,
        pause_field, pause_max_s, warming_s, silent_s, updated_at)
VALUES ($1, $2, $3, $4, $5::double precision, $6::double precision, $7::double precision, $8::double precision, $9::integer,
        $10::integer, $11::double precision, $12, $13::integer, $14::integer, $15::integer, $16)
ON CONFLICT (name) DO UPDATE
   SET vehicle_id = excluded.vehicle_id,
       kind = excluded.kind,
       fleet = excluded.fleet,
       lowest_c = excluded.lowest_c,
       highest_c = excluded.highest_c,
       urgent_lowest_c = excluded.urgent_lowest_c,
       urgent_highest_c = excluded.urgent_highest_c,
       for_s = excluded.for_s,
       clear_for_s = excluded.clear_for_s,
       hysteresis_c = excluded.hysteresis_c,
       pause_field = excluded.pause_field,
       pause_max_s = excluded.pause_max_s,
       warming_s = excluded.warming_s,
       silent_s = excluded.silent_s,
       updated_at = excluded.updated_at
