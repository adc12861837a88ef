-- No parameters. Columns: vehicle_id, from_at.
SELECT vehicle_id, from_at FROM analysis_backlog ORDER BY vehicle_id
