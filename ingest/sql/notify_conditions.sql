-- Tells that conditions may have changed. No parameters.
SELECT pg_notify('crumbtrail_conditions', '')
