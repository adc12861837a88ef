-- Everything is to be computed anew, matching of roads included. $1 timestamptz now, $2 text reason.
INSERT INTO recompute (requested_at, reason, vehicle_id, from_at, until_at, needs_matching)
VALUES ($1::timestamptz, $2::text, 0, '-infinity', 'infinity', true)
