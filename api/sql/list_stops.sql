-- Stops of which a part lies within the range, oldest first: those that began in it, and the one that each
-- vehicle had begun before.
-- $1 from, $2 to (excluded), $3 start and $4 vehicle of the last row read, $5 bigint rows at most.
-- Columns: as in api/trips/stops.c.
SELECT vehicle_id, vehicle, started_at, ended_at, duration_s, idling_s, samples, lon, lat, is_open, revision
  FROM ((SELECT *
          FROM bi.stops
         WHERE started_at >= greatest($1::timestamptz, $3::timestamptz)
           AND started_at < $2::timestamptz
           AND (started_at, vehicle_id) > ($3::timestamptz, $4::bigint)
         ORDER BY started_at, vehicle_id
         LIMIT $5::bigint)
         UNION ALL
        (SELECT b.*
          FROM (SELECT before.vehicle_id, before.started_at
                  FROM position p
                 CROSS JOIN LATERAL (SELECT vehicle_id, started_at, ended_at
                                       FROM stop
                                      WHERE stop.vehicle_id = p.vehicle_id
                                        AND started_at < $1::timestamptz
                                      ORDER BY started_at DESC
                                      LIMIT 1) before
                 WHERE $3::timestamptz < $1::timestamptz
                   AND before.ended_at > $1::timestamptz
                   AND (before.started_at, before.vehicle_id) > ($3::timestamptz, $4::bigint)
                 ORDER BY before.started_at, before.vehicle_id
                 LIMIT $5::bigint) AS begun
          JOIN bi.stops b ON b.vehicle_id = begun.vehicle_id AND b.started_at = begun.started_at)) AS listed
 ORDER BY started_at, vehicle_id
 LIMIT $5::bigint
