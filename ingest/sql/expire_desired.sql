-- Ends changes of the desired state whose time is over. One that is being sent is left until that is known.
-- $1 now.
-- No columns.
UPDATE desired_change
   SET state = 'expired', ended_at = $1::timestamptz
 WHERE state IN ('waiting', 'sent') AND expires_at <= $1::timestamptz
   AND (leased_until IS NULL OR leased_until <= $1::timestamptz)
