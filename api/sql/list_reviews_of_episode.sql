-- What was said of an episode, newest first.
-- $1 bigint vehicle, $2 timestamptz start and $3 timestamptz end of the episode. Columns: state, note, reviewed_by, reviewed_at.
SELECT state, note, reviewed_by, reviewed_at
  FROM speeding_review
 WHERE vehicle_id = $1::bigint
   AND started_at <= $3::timestamptz
   AND ended_at >= $2::timestamptz
 ORDER BY review_id DESC
