-- Visits to zones that reach into a period, newest first; every filter may be null.
-- $1 timestamptz, $2 bigint, $3 bigint: entered_at, vehicle_id and geofence_id of the last one shown; $4 bigint[] vehicles, $5 text[] names
-- of zones, $6 integer 1: only open ones, 0: only the others, $7 timestamptz and $8 timestamptz the period, $9 bigint rows at most.
-- Columns: 1 vehicle, 2 zone, 3 entered_at, 4 exited_at, 5 duration_s, 6 samples, 7 is_open, 8 revision, 9 vehicle_id, 10 geofence_id.
SELECT v.name, g.name, z.entered_at, z.exited_at, extract(epoch FROM z.exited_at - z.entered_at)::double precision, z.samples, z.is_open,
       z.revision, z.vehicle_id, z.geofence_id
  FROM zone_visit z
  JOIN vehicle v ON v.vehicle_id = z.vehicle_id
  JOIN geofence g ON g.geofence_id = z.geofence_id
 WHERE (z.entered_at, z.vehicle_id, z.geofence_id) < ($1::timestamptz, $2::bigint, $3::bigint)
   AND ($4::bigint[] IS NULL OR z.vehicle_id = ANY ($4::bigint[]))
   AND ($5::text[] IS NULL OR g.name = ANY ($5::text[]))
   AND ($6::integer IS NULL OR ($6::integer = 1) = z.is_open)
   AND ($7::timestamptz IS NULL OR z.is_open OR z.exited_at >= $7::timestamptz)
   AND ($8::timestamptz IS NULL OR z.entered_at < $8::timestamptz)
 ORDER BY z.entered_at DESC, z.vehicle_id DESC, z.geofence_id DESC
 LIMIT $9::bigint
