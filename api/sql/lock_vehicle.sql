-- Finds a vehicle and holds it until the end of the transaction, so that changes of its desired state come one after the other.
-- $1 name.
-- Columns: vehicle_id.
SELECT vehicle_id FROM vehicle WHERE name = $1 FOR NO KEY UPDATE
