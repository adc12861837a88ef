-- $1 vehicle_id bigint[], $2 at timestamptz[], $3 kind smallint[], $4 digest bigint[], $5 state bytea[], $6 format integer.
INSERT INTO analysis_checkpoint AS c (vehicle_id, at, kind, digest, state, format)
SELECT vehicle_id, at, kind, digest, state, $6::integer
  FROM unnest($1::bigint[], $2::timestamptz[], $3::smallint[], $4::bigint[], $5::bytea[])
       AS u (vehicle_id, at, kind, digest, state)
ON CONFLICT (vehicle_id, at) DO UPDATE
   SET kind = greatest(c.kind, excluded.kind), digest = excluded.digest, state = excluded.state, format = excluded.format
