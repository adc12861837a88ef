-- Writes down what AWS said of changes that were sent. One that was superseded or has expired meanwhile stays so.
-- $1 desired_change_id bigint[], $2 verdict text[] (sent, again, refused), $3 version bigint[] (null unless sent),
-- $4 status integer[] (null: no answer), $5 problem text[] (null when sent), $6 next_try_at timestamptz[], $7 now.
-- No columns.
UPDATE desired_change AS c
   SET state = CASE WHEN c.state <> 'waiting' OR u.verdict = 'again' THEN c.state ELSE u.verdict END,
       sent_at = CASE WHEN u.verdict = 'sent' THEN $7::timestamptz ELSE c.sent_at END,
       sent_version = coalesce(c.sent_version, u.version),
       ended_at = CASE WHEN c.state = 'waiting' AND u.verdict = 'refused' THEN $7::timestamptz ELSE c.ended_at END,
       next_try_at = u.next_try_at, leased_until = NULL, error_status = u.status, error = u.problem
  FROM unnest($1::bigint[], $2::text[], $3::bigint[], $4::integer[], $5::text[], $6::timestamptz[])
       AS u (desired_change_id, verdict, version, status, problem, next_try_at)
 WHERE c.desired_change_id = u.desired_change_id
