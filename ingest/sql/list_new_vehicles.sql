-- Of whom there is something new, and from when on: for long stretches that are not read breadcrumb by breadcrumb.
-- $1 after seq, $2 up to (included). Columns: vehicle_id, recorded_at of the oldest of them.
SELECT vehicle_id, min(recorded_at)
  FROM breadcrumb
 WHERE seq > $1::bigint
   AND seq <= $2::bigint
   AND flags & 2 = 0
 GROUP BY vehicle_id
