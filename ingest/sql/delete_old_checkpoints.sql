-- Checkpoints before the oldest breadcrumb that is kept, but for the last of each vehicle: there its breadcrumbs go on.
-- No parameters.
DELETE FROM analysis_checkpoint c
 USING (SELECT vehicle_id, max(at) AS at
          FROM analysis_checkpoint
         WHERE at <= (SELECT min(recorded_at) FROM breadcrumb)
         GROUP BY vehicle_id) AS last
 WHERE c.vehicle_id = last.vehicle_id
   AND c.at < last.at
