-- What was driven on one of the depot's days.
-- $1 text day (YYYY-MM-DD).
-- Columns: vehicle_id, driver_id, distance_m, known_limit_m, over_limit_m, observed_s, moving_s, over_limit_s.
SELECT vehicle_id, driver_id, distance_m, known_limit_m, over_limit_m, observed_s, moving_s, over_limit_s
  FROM drive_day
 WHERE day = $1::text::date
