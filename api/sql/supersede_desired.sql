-- What a later change sets is not awaited from the earlier ones of the same shadow any more, also when it sets a member above or
-- below; an earlier one that has nothing left to await is superseded.
-- $1 vehicle, $2 shadow, $3 desired_change_id of the later one, $4 its awaited (JSON array as text), $5 now.
-- No columns.
UPDATE desired_change AS c
   SET awaited = rest.awaited,
       state = CASE WHEN rest.awaited = '[]' THEN 'superseded' ELSE c.state END,
       superseded_by = CASE WHEN rest.awaited = '[]' THEN $3::bigint END,
       ended_at = CASE WHEN rest.awaited = '[]' THEN $5::timestamptz END
  FROM (SELECT e.desired_change_id,
               coalesce(jsonb_agg(e.part ORDER BY e.place) FILTER (WHERE NOT EXISTS (
                 SELECT
                   FROM jsonb_array_elements($4::text::jsonb) AS l (part)
                  CROSS JOIN LATERAL (SELECT ARRAY(SELECT jsonb_array_elements_text(l.part -> 'path'))) AS p (path)
                  WHERE p.path[:least(cardinality(p.path), cardinality(e.path))]
                      = e.path[:least(cardinality(p.path), cardinality(e.path))])), '[]') AS awaited
          FROM (SELECT o.desired_change_id, a.part, a.place,
                       ARRAY(SELECT jsonb_array_elements_text(a.part -> 'path')) AS path
                  FROM desired_change AS o
                 CROSS JOIN LATERAL jsonb_array_elements(o.awaited) WITH ORDINALITY AS a (part, place)
                 WHERE o.vehicle_id = $1 AND o.shadow = $2 AND o.state IN ('waiting', 'sent') AND o.desired_change_id < $3::bigint
               ) AS e
         GROUP BY e.desired_change_id) AS rest
 WHERE c.desired_change_id = rest.desired_change_id AND c.awaited <> rest.awaited
