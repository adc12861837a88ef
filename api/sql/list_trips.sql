-- Trips of which a part lies within the range, oldest first: those that began in it, and the one that each
-- vehicle had begun before.
-- $1 from, $2 to (excluded), $3 start and $4 vehicle of the last row read, $5 bigint rows at most,
-- $6 bigint[] drivers (null: any).
-- Columns: as in api/trips/trips.c.
SELECT vehicle_id, vehicle, started_at, ended_at, driver_id, driver, duration_s, distance_m, moving_s, max_speed_kmh, samples, started_lon,
       started_lat, ended_lon, ended_lat, end_reason, is_open, revision
  FROM ((SELECT *
          FROM bi.trips
         WHERE started_at >= greatest($1::timestamptz, $3::timestamptz)
           AND started_at < $2::timestamptz
           AND (started_at, vehicle_id) > ($3::timestamptz, $4::bigint)
           AND ($6::bigint[] IS NULL OR driver_id = ANY ($6::bigint[]))
         ORDER BY started_at, vehicle_id
         LIMIT $5::bigint)
         UNION ALL
        (SELECT b.*
          FROM (SELECT before.vehicle_id, before.started_at
                  FROM position p
                 CROSS JOIN LATERAL (SELECT vehicle_id, started_at, ended_at, driver_id
                                       FROM trip
                                      WHERE trip.vehicle_id = p.vehicle_id
                                        AND started_at < $1::timestamptz
                                      ORDER BY started_at DESC
                                      LIMIT 1) before
                 WHERE $3::timestamptz < $1::timestamptz
                   AND before.ended_at > $1::timestamptz
                   AND (before.started_at, before.vehicle_id) > ($3::timestamptz, $4::bigint)
                   AND ($6::bigint[] IS NULL OR before.driver_id = ANY ($6::bigint[]))
                 ORDER BY before.started_at, before.vehicle_id
                 LIMIT $5::bigint) AS begun
          JOIN bi.trips b ON b.vehicle_id = begun.vehicle_id AND b.started_at = begun.started_at)) AS listed
 ORDER BY started_at, vehicle_id
 LIMIT $5::bigint
