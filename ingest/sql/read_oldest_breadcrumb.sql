-- Column: recorded_at of the oldest breadcrumb of all (null: there are none).
SELECT min(recorded_at) FROM breadcrumb
