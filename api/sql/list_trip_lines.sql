-- The ways that some trips took, simplified by about 5 m, as GeoJSON; one over the antimeridian is parted there. Flagged breadcrumbs are
-- left out, trips of which fewer than two are left as well.
-- $1 bigint[] vehicle, $2 timestamptz[] start and $3 timestamptz[] end of each trip.
-- Columns: 1 trip (from 1, ascending), 2 geometry.
SELECT number,
       st_asgeojson(CASE WHEN st_xmax(line) - st_xmin(line) > 180
                         THEN st_wrapx(st_simplify(st_shiftlongitude(line), 0.00005, true), 180, -360)
                         ELSE st_simplify(line, 0.00005, true) END, 6)
  FROM (SELECT t.number, st_makeline(b.geom ORDER BY b.recorded_at, b.version) AS line
          FROM unnest($1::bigint[], $2::timestamptz[], $3::timestamptz[]) WITH ORDINALITY t (vehicle_id, started_at, ended_at, number)
          JOIN breadcrumb b
            ON b.vehicle_id = t.vehicle_id AND b.recorded_at >= t.started_at AND b.recorded_at <= t.ended_at AND b.flags = 0
         GROUP BY b.vehicle_id, t.number
        HAVING count(*) > 1) AS lines
 ORDER BY number
