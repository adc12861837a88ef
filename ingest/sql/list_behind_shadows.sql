-- Vehicles whose newest position came with a later version of the classic shadow than is stored, some time ago.
-- $1 after this vehicle, $2 whose position came before this moment, $3 rows at most.
-- Columns: vehicle_id, name.
SELECT b.vehicle_id, v.name
  FROM (SELECT p.vehicle_id
          FROM position AS p
          LEFT JOIN shadow AS s ON s.vehicle_id = p.vehicle_id AND s.name = ''
         WHERE p.vehicle_id > $1::bigint AND p.version > 0 AND p.received_at < $2::timestamptz
           AND (s.version IS NULL OR p.version > s.version OR (p.version < s.version AND p.recorded_at > s.updated_at))
         ORDER BY p.vehicle_id
         LIMIT $3::bigint) AS b
  JOIN vehicle AS v USING (vehicle_id)
 ORDER BY b.vehicle_id
