-- What holds for single vehicles: the limit of each, and the narrowest temperature rule that fits (its own, its kind's within its
-- fleet, its kind's, its fleet's, everybody's).
-- $1 vehicle_id bigint[]. Columns: vehicle_id, limit_kmh real, rule_id bigint.
SELECT v.vehicle_id, s.limit_kmh, r.rule_id
  FROM vehicle v
  LEFT JOIN speed_rule s ON s.vehicle_id = v.vehicle_id
  LEFT JOIN (SELECT DISTINCT ON (v.vehicle_id) v.vehicle_id, r.rule_id
               FROM vehicle v
               JOIN temperature_rule r ON (r.vehicle_id IS NULL OR r.vehicle_id = v.vehicle_id)
                                      AND (r.kind IS NULL OR r.kind = v.kind)
                                      AND (r.fleet IS NULL OR r.fleet = v.fleet)
              WHERE v.vehicle_id = ANY ($1::bigint[])
              ORDER BY v.vehicle_id, r.vehicle_id IS NULL, r.kind IS NULL, r.fleet IS NULL, r.rule_id) r
         ON r.vehicle_id = v.vehicle_id
 WHERE v.vehicle_id = ANY ($1::bigint[])
