-- Links that AWS wants opened before it sends, and that nobody has opened yet.
-- $1 bigint rows at most. Columns: 1 arn, 2 kind, 3 url, 4 state, 5 reason, 6 asked_at, 7 answered_at, 8 tries.
SELECT arn, kind, url, state, reason, asked_at, answered_at, tries
  FROM ingest_confirmation
 WHERE state <> 'confirmed'
 ORDER BY asked_at DESC, arn
 LIMIT $1::bigint
