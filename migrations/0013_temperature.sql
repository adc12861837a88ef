-- Which temperature rule holds for which vehicle.
SET LOCAL citus.multi_shard_modify_mode TO 'sequential';

-- The narrowest that fits: the vehicle's own, that of its kind within its fleet, its kind's, its fleet's, everybody's. Vehicles without
-- a rule are not in it.
CREATE VIEW vehicle_temperature_rule AS
SELECT DISTINCT ON (v.vehicle_id) v.vehicle_id, r.rule_id
  FROM vehicle v
  JOIN temperature_rule r
    ON r.vehicle_id = v.vehicle_id
    OR (r.vehicle_id IS NULL AND (r.kind IS NULL OR r.kind = v.kind) AND (r.fleet IS NULL OR r.fleet = v.fleet))
 ORDER BY v.vehicle_id, r.vehicle_id IS NULL, r.kind IS NULL, r.fleet IS NULL;
