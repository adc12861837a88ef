-- Keeps what was said of an episode.
-- $1 bigint vehicle, $2 timestamptz start and $3 timestamptz end of the episode, $4 text state, $5 text note or null, $6 text who or
-- null, $7 timestamptz now.
INSERT INTO speeding_review (vehicle_id, started_at, ended_at, state, note, reviewed_by, reviewed_at)
VALUES ($1::bigint, $2::timestamptz, $3::timestamptz, $4::text, $5::text, $6::text, $7::timestamptz)
