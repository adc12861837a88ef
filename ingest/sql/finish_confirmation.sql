-- What a try has brought, unless another link has taken its place.
-- $1 arn text, $2 url text, $3 state text, $4 reason text or null, $5 answered_at timestamptz, $6 next_try_at timestamptz or null.
-- No columns.
UPDATE ingest_confirmation
   SET state = $3::text, reason = $4::text, answered_at = $5::timestamptz, next_try_at = $6::timestamptz
 WHERE arn = $1::text AND url = $2::text AND state = 'waiting'
