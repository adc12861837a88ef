-- Vehicles by name, ascending vehicle_id.
-- $1 names. Columns: vehicle_id, name.
SELECT vehicle_id, name FROM vehicle WHERE name = ANY ($1::text[]) ORDER BY vehicle_id
