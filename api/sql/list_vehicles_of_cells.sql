-- Vehicles that were ever in cells of the grid, and when. Of a place with very many breadcrumbs only some are looked at: then the
-- breadcrumbs sum up to $2.
-- $1 integer[] cells, $2 bigint breadcrumbs to look at, $3 bigint rows at most.
-- Columns: 1 vehicle_id, 2 first recorded_at, 3 last recorded_at, 4 breadcrumbs.
SELECT vehicle_id, min(recorded_at), max(recorded_at), count(*)
  FROM (SELECT vehicle_id, recorded_at FROM breadcrumb WHERE cell = ANY ($1::integer[]) LIMIT $2::bigint) AS there
 GROUP BY vehicle_id
 ORDER BY vehicle_id
 LIMIT $3::bigint
