-- Names of vehicles, in the order of their ids.
-- $1 vehicles. Columns: vehicle_id, name.
SELECT vehicle_id, name FROM vehicle WHERE vehicle_id = ANY ($1::bigint[]) ORDER BY vehicle_id
