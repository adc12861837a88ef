-- Tells every server that there is something new; sent when the transaction commits. Columns: nothing of use.
SELECT pg_notify('crumbtrail_feed', head::text) FROM feed
