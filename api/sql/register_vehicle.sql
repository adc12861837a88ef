-- Registers a vehicle, or changes what is given of one that is known; a removed one is registered again.
-- $1 name, $2 now, $3 kind, $4 fleet, $5 vin, $6 attributes (JSON object as text); null leaves what is stored.
-- Columns: vehicle_id, created_at.
INSERT INTO vehicle AS v (name, created_at, kind, fleet, vin, attributes)
VALUES ($1, $2, $3, $4, $5, coalesce($6::text::jsonb, '{}'))
ON CONFLICT (name) DO UPDATE
   SET kind = coalesce($3, v.kind),
       fleet = coalesce($4, v.fleet),
       vin = coalesce($5, v.vin),
       attributes = coalesce($6::text::jsonb, v.attributes),
       retired_at = NULL
RETURNING vehicle_id, created_at
