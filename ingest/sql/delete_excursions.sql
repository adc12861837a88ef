-- Rows of excursion that are settled within windows and are not there any more.
-- $1 vehicle_id bigint[], $2 from timestamptz[], $3 until timestamptz[] (null: no end); what is there:
-- $4 vehicle_id bigint[], $5 rule_id bigint[], $6 tier smallint[], $7 started_at timestamptz[].
DELETE FROM excursion t
 USING unnest($1::bigint[], $2::timestamptz[], $3::timestamptz[]) AS w (vehicle_id, from_at, until_at)
 WHERE t.vehicle_id = w.vehicle_id
   AND t.settled_at >= w.from_at
   AND (w.until_at IS NULL OR t.settled_at < w.until_at)
   AND NOT EXISTS (SELECT FROM unnest($4::bigint[], $5::bigint[], $6::smallint[], $7::timestamptz[])
                                 AS k (vehicle_id, rule_id, tier, started_at)
                    WHERE k.vehicle_id = t.vehicle_id AND k.rule_id = t.rule_id AND k.tier = t.tier
                      AND k.started_at = t.started_at)
