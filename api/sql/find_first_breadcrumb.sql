-- When history goes on: the time of the oldest breadcrumb at or after a moment.
-- $1 the moment. Columns: recorded_at.
SELECT recorded_at FROM breadcrumb WHERE recorded_at >= $1 ORDER BY recorded_at LIMIT 1
