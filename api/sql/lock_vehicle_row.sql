-- A vehicle of the registry, held until the end of the transaction.
-- $1 name.
-- Columns: vehicle_id, kind, fleet.
SELECT vehicle_id, kind, fleet FROM vehicle WHERE name = $1 FOR NO KEY UPDATE
