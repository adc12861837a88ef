-- A hint to all servers that there is something new; sent when the batch commits.
-- No parameters. Columns: nothing of use.
SELECT pg_notify('crumbtrail_feed', (SELECT head FROM feed)::text)
