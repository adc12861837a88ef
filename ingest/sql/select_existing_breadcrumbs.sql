-- Which of these are there already.
-- $1 vehicle_id bigint[], $2 recorded_at timestamptz[], $3 version bigint[], $4 and $5 earliest and latest of $2.
-- Columns: ordinal bigint (from 1), seq bigint, source smallint.
-- A range of one time: with an equality, the index on the time alone looks as good as the key, and is not.
SELECT k.ordinal, b.seq, b.source
  FROM unnest($1::bigint[], $2::timestamptz[], $3::bigint[]) WITH ORDINALITY AS k (vehicle_id, recorded_at, version, ordinal)
  JOIN breadcrumb b ON b.vehicle_id = k.vehicle_id AND b.recorded_at BETWEEN k.recorded_at AND k.recorded_at AND b.version = k.version
 WHERE b.recorded_at BETWEEN $4::timestamptz AND $5::timestamptz
