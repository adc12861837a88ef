-- Tells the stream and the courier, with the commit.
-- No parameters. Columns: nothing of use.
SELECT pg_notify('crumbtrail_feed', ''), pg_notify('crumbtrail_outbox', '')
