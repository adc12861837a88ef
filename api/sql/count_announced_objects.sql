-- What became of the objects of S3 that were announced since a time.
-- $1 timestamptz. Columns: 1 found_by, 2 state, 3 count, 4 events, 5 stored, 6 duplicates, 7 rejected.
SELECT found_by, state, count(*), sum(events)::bigint, sum(stored)::bigint, sum(duplicates)::bigint, sum(rejected)::bigint
  FROM ingest_object
 WHERE announced_at >= $1::timestamptz
 GROUP BY found_by, state
