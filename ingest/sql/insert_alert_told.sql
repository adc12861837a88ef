-- Which channels know of alerts, and since when.
-- $1 bigint[] alert_id, $2 text[] channel, $3 timestamptz[] told_at.
-- No columns.
INSERT INTO alert_told (alert_id, channel, told_at)
SELECT * FROM unnest($1::bigint[], $2::text[], $3::timestamptz[])
