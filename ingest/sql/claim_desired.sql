-- Takes changes that wait, the first of each shadow, for as long as the claim lasts. Nobody else takes them, and none that comes
-- after them in the same shadow.
-- $1 now, $2 end of the claim, $3 at most so many.
-- Columns: desired_change_id, vehicle_id, vehicle (name), shadow, desired, tries.
UPDATE desired_change AS c
   SET leased_until = $2::timestamptz, tries = c.tries + 1
  FROM vehicle AS v
 WHERE v.vehicle_id = c.vehicle_id
   AND c.desired_change_id IN (
         SELECT d.desired_change_id
           FROM desired_change AS d
          WHERE d.state = 'waiting' AND d.next_try_at <= $1::timestamptz AND d.expires_at > $1::timestamptz
            AND (d.leased_until IS NULL OR d.leased_until <= $1::timestamptz)
            AND NOT EXISTS (SELECT
                              FROM desired_change AS e
                             WHERE e.vehicle_id = d.vehicle_id AND e.shadow = d.shadow
                               AND e.desired_change_id < d.desired_change_id
                               AND (e.state = 'waiting' OR e.leased_until > $1::timestamptz))
          ORDER BY d.next_try_at
          LIMIT $3::bigint
            FOR UPDATE SKIP LOCKED)
RETURNING c.desired_change_id, c.vehicle_id, v.name, c.shadow, c.desired, c.tries
