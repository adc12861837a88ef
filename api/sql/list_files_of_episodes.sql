-- What the breadcrumbs of some episodes came in: objects of S3, or nothing that is known.
-- $1 bigint[] vehicle, $2 timestamptz[] start and $3 timestamptz[] end of each episode.
-- Columns: 1 episode (from 1), 2 the object as s3://bucket/key or null, 3 breadcrumbs.
SELECT e.number, b.extra ->> 'filenm' AS file, count(*)
  FROM unnest($1::bigint[], $2::timestamptz[], $3::timestamptz[]) WITH ORDINALITY e (vehicle_id, started_at, ended_at, number)
  JOIN breadcrumb b
    ON b.vehicle_id = e.vehicle_id AND b.recorded_at >= e.started_at AND b.recorded_at <= e.ended_at AND b.flags = 0
 GROUP BY 1, 2
 ORDER BY 1, 2
