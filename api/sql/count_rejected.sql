-- What was rejected since a time, by way in and reason; the place of a fault is shown as #, so that like comes to like.
-- $1 timestamptz, $2 bigint reasons at most.
-- Columns: 1 source, 2 reason, 3 count, 4 how many of them no replay has settled, 5 received_at of the newest, 6 its rejected_id.
SELECT source, regexp_replace(reason, 'byte [0-9]+', 'byte #') AS reason, count(*),
       count(*) FILTER (WHERE replay_outcome IS DISTINCT FROM 'stored' AND replay_outcome IS DISTINCT FROM 'duplicate'),
       max(received_at), max(rejected_id)
  FROM rejected
 WHERE received_at >= $1::timestamptz
 GROUP BY 1, 2
 ORDER BY 3 DESC, 1, 2
 LIMIT $2::bigint
