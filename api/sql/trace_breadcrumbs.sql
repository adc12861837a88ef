-- How breadcrumbs of a vehicle came in, newest first. The commit's time is known while track_commit_timestamp is on.
-- $1 bigint vehicle_id, $2 bigint version or null, $3 and $4 timestamptz recorded from and to, both included, $5 bigint rows at most.
-- Columns: 1 recorded_at, 2 version, 3 seq, 4 received_at, 5 source, 6 flags, 7 whether commits are timed, 8 committed_at,
-- 9 transaction, 10 the file it came in.
SELECT recorded_at, version, seq, received_at, source, flags, current_setting('track_commit_timestamp') = 'on',
       CASE WHEN current_setting('track_commit_timestamp') = 'on' THEN pg_xact_commit_timestamp(xmin) END,
       xmin::text::bigint, extra ->> 'filenm'
  FROM breadcrumb
 WHERE vehicle_id = $1::bigint
   AND recorded_at >= $3::timestamptz
   AND recorded_at <= $4::timestamptz
   AND ($2::bigint IS NULL OR version = $2::bigint)
 ORDER BY recorded_at DESC, version DESC
 LIMIT $5::bigint
