-- The newest checkpoint of each vehicle at or before a time.
-- $1 vehicle_id bigint[], $2 timestamptz[], $3 format integer. Columns: vehicle_id, at, kind, digest, state.
SELECT c.vehicle_id, c.at, c.kind, c.digest, c.state
  FROM (SELECT k.vehicle_id, max(c.at) AS at
          FROM unnest($1::bigint[], $2::timestamptz[]) AS k (vehicle_id, before_at)
          JOIN analysis_checkpoint c ON c.vehicle_id = k.vehicle_id AND c.at <= k.before_at
         WHERE c.format = $3::integer
         GROUP BY k.vehicle_id) newest
  JOIN analysis_checkpoint c ON c.vehicle_id = newest.vehicle_id AND c.at = newest.at
