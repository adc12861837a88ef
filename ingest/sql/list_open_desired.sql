-- Vehicles with changes of the desired state that are waiting or sent.
-- No parameters.
-- Columns: vehicle_id, sent_at (when the last of them was sent; null: none was).
SELECT vehicle_id, max(sent_at)
  FROM desired_change
 WHERE state IN ('waiting', 'sent')
 GROUP BY vehicle_id
 ORDER BY vehicle_id
