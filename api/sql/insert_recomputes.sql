-- Derived rows to be computed anew, one row each.
-- $1 now, $2 reason, $3 vehicle ids (0: all), $4 from, $5 until (null: without an end), $6 whether roads have to be matched anew.
INSERT INTO recompute (requested_at, reason, vehicle_id, from_at, until_at, needs_matching)
SELECT $1::timestamptz, $2::text, vehicle_id, coalesce(from_at, '-infinity'), coalesce(until_at, 'infinity'), needs_matching
  FROM unnest($3::bigint[], $4::timestamptz[], $5::timestamptz[], $6::boolean[])
         AS wanted(vehicle_id, from_at, until_at, needs_matching)
