-- The breadcrumbs that some episodes rest on, in the order of the episodes and of time; flagged ones are left out.
-- $1 bigint[] vehicle, $2 timestamptz[] start and $3 timestamptz[] end of each episode.
-- Columns: 1 episode (from 1), 2 recorded_at, 3 longitude, 4 latitude, 5 speed_kmh, 6 heading_deg.
SELECT e.number, b.recorded_at, st_x(b.geom), st_y(b.geom), b.speed_kmh, b.heading_deg
  FROM unnest($1::bigint[], $2::timestamptz[], $3::timestamptz[]) WITH ORDINALITY e (vehicle_id, started_at, ended_at, number)
  JOIN breadcrumb b
    ON b.vehicle_id = e.vehicle_id AND b.recorded_at >= e.started_at AND b.recorded_at <= e.ended_at AND b.flags = 0
 ORDER BY e.number, b.recorded_at, b.version
