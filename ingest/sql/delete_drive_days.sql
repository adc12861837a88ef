-- Rows of drive_day that are settled within windows and are not there any more.
-- $1 vehicle_id bigint[], $2 from timestamptz[], $3 until timestamptz[] (null: no end); what is there:
-- $4 vehicle_id bigint[], $5 day integer[], $6 driver_id bigint[].
-- Column: integer, the day (since 1970-01-01) of each row that is gone.
DELETE FROM drive_day t
 USING unnest($1::bigint[], $2::timestamptz[], $3::timestamptz[]) AS w (vehicle_id, from_at, until_at)
 WHERE t.vehicle_id = w.vehicle_id
   AND t.settled_at >= w.from_at
   AND (w.until_at IS NULL OR t.settled_at < w.until_at)
   AND NOT EXISTS (SELECT FROM unnest($4::bigint[], $5::integer[], $6::bigint[]) AS k (vehicle_id, day, driver_id)
                    WHERE k.vehicle_id = t.vehicle_id AND date '1970-01-01' + k.day = t.day AND k.driver_id = t.driver_id)
RETURNING t.day - date '1970-01-01'
