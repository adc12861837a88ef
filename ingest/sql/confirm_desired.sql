-- Confirms what was sent by reported states: one of the version that AWS gave the change, or a later one, that has all that is
-- awaited. A deletion is confirmed by a desired state without the member, for AWS takes it away without asking the thing.
-- $1 vehicle_id bigint[], $2 shadow text[], $3 version bigint[], $4 reported jsonb[], $5 desired jsonb[] (null: not known), $6 now.
-- No columns.
UPDATE desired_change AS c
   SET state = 'confirmed', confirmed_by_version = found.version, ended_at = $6::timestamptz
  FROM (SELECT o.desired_change_id, min(u.version) AS version
          FROM unnest($1::bigint[], $2::text[], $3::bigint[], $4::jsonb[], $5::jsonb[])
               AS u (vehicle_id, shadow, version, reported, desired)
          JOIN desired_change o ON o.vehicle_id = u.vehicle_id AND o.shadow = u.shadow
         WHERE o.state = 'sent' AND u.version >= o.sent_version
           AND NOT EXISTS (SELECT
                             FROM jsonb_array_elements(o.awaited) AS a (part)
                            CROSS JOIN LATERAL (SELECT ARRAY(SELECT jsonb_array_elements_text(a.part -> 'path'))) AS p (path)
                            WHERE NOT coalesce(CASE WHEN a.part ? 'value' THEN u.reported #> p.path = a.part -> 'value'
                                                    ELSE u.desired IS NOT NULL AND u.desired #> p.path IS NULL END, false))
         GROUP BY o.desired_change_id) AS found
 WHERE c.desired_change_id = found.desired_change_id AND c.state = 'sent'
