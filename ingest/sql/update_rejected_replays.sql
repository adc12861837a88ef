-- What came of reading rejected rows again. One that was stored once stays so: its events are duplicates from then on.
-- $1 bigint[] rejected_id, $2 text[] outcome (stored, duplicate, rejected), $3 text[] field and $4 text[] reason (null: not rejected),
-- $5 timestamptz replayed_at.
-- No columns.
UPDATE rejected r
   SET replays = r.replays + 1, replayed_at = $5::timestamptz, field = coalesce(u.field, r.field),
       reason = coalesce(u.reason, r.reason),
       replay_outcome = CASE WHEN r.replay_outcome = 'stored' AND u.outcome = 'duplicate' THEN r.replay_outcome ELSE u.outcome END
  FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[]) AS u (rejected_id, outcome, field, reason)
 WHERE r.rejected_id = u.rejected_id
