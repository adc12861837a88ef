-- Writes down what came of attempts.
-- $1 bigint[] outbox_id, $2 boolean[] delivered, $3 integer[] status (null: no answer), $4 text[] answer, $5 timestamptz[] next_try_at,
-- $6 timestamptz now.
-- No columns.
UPDATE outbox AS o
   SET delivered_at = CASE WHEN u.delivered THEN $6::timestamptz END, status = u.status, answer = u.answer,
       next_try_at = u.next_try_at, leased_until = NULL
  FROM unnest($1::bigint[], $2::boolean[], $3::integer[], $4::text[], $5::timestamptz[])
       AS u (outbox_id, delivered, status, answer, next_try_at)
 WHERE o.outbox_id = u.outbox_id AND o.delivered_at IS NULL AND o.given_up_at IS NULL
