-- What could not be read; the same bytes again are the same row.
-- $1 digest bytea[], $2 received_at timestamptz[], $3 source smallint[], $4 vehicle text[], $5 field text[], $6 reason text[],
-- $7 request_id text[], $8 body bytea[], $9 vehicle_hint text[].
-- No columns.
INSERT INTO rejected (digest, received_at, source, vehicle, field, reason, request_id, body, vehicle_hint)
SELECT *
  FROM unnest($1::bytea[], $2::timestamptz[], $3::smallint[], $4::text[], $5::text[], $6::text[], $7::text[], $8::bytea[],
              $9::text[])
ON CONFLICT (digest) DO NOTHING
