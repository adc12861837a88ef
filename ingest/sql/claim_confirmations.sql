-- Links that are due to be opened, which are put off until the try has ended.
-- $1 now timestamptz, $2 next_try_at timestamptz, $3 at most bigint.
-- arn, kind, url, asked_at.
UPDATE ingest_confirmation AS due
   SET next_try_at = $2::timestamptz, tries = due.tries + 1
  FROM (SELECT arn FROM ingest_confirmation
         WHERE state = 'waiting' AND next_try_at <= $1::timestamptz
         ORDER BY next_try_at, arn
         LIMIT $3::bigint
           FOR UPDATE SKIP LOCKED) AS chosen
 WHERE due.arn = chosen.arn
RETURNING due.arn, due.kind, due.url, due.asked_at
