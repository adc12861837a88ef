-- How many events were rejected since a time.
-- $1 timestamptz. Columns: 1 count, 2 how many of them no replay has settled.
SELECT count(*),
       count(*) FILTER (WHERE replay_outcome IS DISTINCT FROM 'stored' AND replay_outcome IS DISTINCT FROM 'duplicate')
  FROM rejected
 WHERE received_at >= $1::timestamptz
