-- Rows of speeding_episode that are settled within windows and are not there any more.
-- $1 vehicle_id bigint[], $2 from timestamptz[], $3 until timestamptz[] (null: no end); what is there:
-- $4 vehicle_id bigint[], $5 started_at timestamptz[].
-- Column: integer, the day (since 1970-01-01) of each row that is gone.
DELETE FROM speeding_episode t
 USING unnest($1::bigint[], $2::timestamptz[], $3::timestamptz[]) AS w (vehicle_id, from_at, until_at)
 WHERE t.vehicle_id = w.vehicle_id
   AND t.settled_at >= w.from_at
   AND (w.until_at IS NULL OR t.settled_at < w.until_at)
   AND NOT EXISTS (SELECT FROM unnest($4::bigint[], $5::timestamptz[]) AS k (vehicle_id, started_at)
                    WHERE k.vehicle_id = t.vehicle_id AND k.started_at = t.started_at)
RETURNING (t.started_at AT TIME ZONE 'UTC')::date - date '1970-01-01'
