-- What the event of a breadcrumb said beyond the columns.
-- $1 vehicle, $2 recorded at, $3 version.
-- Columns: extra (jsonb, may be NULL).
SELECT extra
  FROM breadcrumb
 WHERE vehicle_id = $1::bigint
   AND recorded_at = $2::timestamptz
   AND version = $3::bigint
