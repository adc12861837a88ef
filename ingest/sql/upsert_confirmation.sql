-- A request to open a link; a later one of the same topic or destination takes its place.
-- $1 arn text, $2 kind text, $3 url text, $4 state text, $5 asked_at timestamptz, $6 next_try_at timestamptz or null.
-- No columns.
INSERT INTO ingest_confirmation (arn, kind, url, state, asked_at, next_try_at)
VALUES ($1::text, $2::text, $3::text, $4::text, $5::timestamptz, $6::timestamptz)
ON CONFLICT (arn) DO UPDATE
   SET kind = excluded.kind, url = excluded.url, state = excluded.state, reason = NULL, asked_at = excluded.asked_at,
       answered_at = NULL, next_try_at = excluded.next_try_at, tries = 0
