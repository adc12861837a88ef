-- Stores shadows that are newer than what is stored; those that were merged onto a version only while that one is there.
-- $1 vehicle_id bigint[], $2 name text[] (each pair once), $3 version bigint[], $4 updated_at timestamptz[],
-- $5 received_at timestamptz[], $6 is_complete boolean[], $7 merged_onto bigint[] (null: came whole), $8 reported jsonb[],
-- $9 desired jsonb[], $10 delta jsonb[], $11 metadata text[] (JSON).
-- Columns: vehicle_id, name of those that were stored.
INSERT INTO shadow AS s (vehicle_id, name, version, updated_at, received_at, is_complete, merged_onto, reported, desired, delta,
                         metadata)
SELECT u.vehicle_id, u.name, u.version, u.updated_at, u.received_at, u.is_complete, u.merged_onto, u.reported, u.desired, u.delta,
       u.metadata::json
  FROM unnest($1::bigint[], $2::text[], $3::bigint[], $4::timestamptz[], $5::timestamptz[], $6::boolean[], $7::bigint[],
              $8::jsonb[], $9::jsonb[], $10::jsonb[], $11::text[])
       AS u (vehicle_id, name, version, updated_at, received_at, is_complete, merged_onto, reported, desired, delta, metadata)
ON CONFLICT (vehicle_id, name) DO UPDATE
   SET version = excluded.version, updated_at = excluded.updated_at, received_at = excluded.received_at,
       is_complete = excluded.is_complete, merged_onto = excluded.merged_onto, reported = excluded.reported,
       desired = excluded.desired, delta = excluded.delta, metadata = excluded.metadata
 WHERE CASE
         WHEN excluded.merged_onto IS NOT NULL THEN excluded.merged_onto = s.version
         WHEN excluded.updated_at > s.updated_at + interval '48 hours' THEN true
         WHEN excluded.updated_at < s.updated_at - interval '48 hours' THEN false
         ELSE excluded.version > s.version OR (excluded.version = s.version AND NOT s.is_complete)
       END
RETURNING vehicle_id, name
