-- Forgets pending alerts that were over before anybody was told.
-- $1 bigint[] alert_id.
-- No columns.
DELETE FROM alert WHERE alert_id = ANY ($1::bigint[])
