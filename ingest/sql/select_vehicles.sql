-- $1 name text[].
-- Columns: vehicle_id bigint, name text.
SELECT vehicle_id, name FROM vehicle WHERE name = ANY ($1::text[])
