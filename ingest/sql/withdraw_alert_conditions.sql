-- Conditions that are settled within windows and are not there any more: they are as if they had ended when they began, so that
-- whoever was told of them learns it.
-- $1 vehicle_id bigint[], $2 from timestamptz[], $3 until timestamptz[] (null: no end); what is there:
-- $4 vehicle_id bigint[], $5 kind smallint[], $6 subject_id bigint[], $7 began_at timestamptz[].
UPDATE alert_condition c
   SET ended_at = c.began_at, change = nextval('alert_condition_change_seq'), settled_at = c.began_at
  FROM unnest($1::bigint[], $2::timestamptz[], $3::timestamptz[]) AS w (vehicle_id, from_at, until_at)
 WHERE c.vehicle_id = w.vehicle_id
   AND c.settled_at >= w.from_at
   AND (w.until_at IS NULL OR c.settled_at < w.until_at)
   AND c.ended_at IS DISTINCT FROM c.began_at
   AND NOT EXISTS (SELECT FROM unnest($4::bigint[], $5::smallint[], $6::bigint[], $7::timestamptz[])
                                 AS k (vehicle_id, kind, subject_id, began_at)
                    WHERE k.vehicle_id = c.vehicle_id AND k.kind = c.kind AND k.subject_id = c.subject_id
                      AND k.began_at = c.began_at)
