-- Roads for the simulated fleet, page by page.
-- $1 the last way_id of the page before, $2 rows, $3 west, $4 south, $5 east, $6 north (degrees).
-- Columns: way_id, name, kind, limit_kmh (null: unknown), oneway, geom as little-endian WKB. Car parks and tracks are left out.
SELECT way_id, coalesce(name, ref, '') AS name, kind, (read_maxspeed(maxspeed)).limit_kmh, oneway,
       st_asbinary(geom, 'NDR') AS wkb
  FROM road
 WHERE way_id > $1::bigint
   AND geom && st_makeenvelope($3::double precision, $4::double precision, $5::double precision, $6::double precision, 4326)
   AND kind NOT IN ('service', 'track', 'construction')
 ORDER BY way_id
 LIMIT $2::int
