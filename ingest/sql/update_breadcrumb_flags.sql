-- Breadcrumbs that have a new predecessor.
-- $1 vehicle_id bigint[], $2 recorded_at timestamptz[], $3 version bigint[], $4 flags smallint[], $5 and $6 earliest and latest
-- of $2.
-- No columns.
-- A range of one time: with an equality, the index on the time alone looks as good as the key, and is not.
UPDATE breadcrumb b
   SET flags = k.flags
  FROM unnest($1::bigint[], $2::timestamptz[], $3::bigint[], $4::smallint[]) AS k (vehicle_id, recorded_at, version, flags)
 WHERE b.vehicle_id = k.vehicle_id AND b.recorded_at BETWEEN k.recorded_at AND k.recorded_at AND b.version = k.version
   AND b.recorded_at BETWEEN $5::timestamptz AND $6::timestamptz
