-- What an import found about limits.
-- Columns: segments, length_m, limited (segments with a posted limit in a direction that may be driven), limited_m, conditional (ways
-- whose limit at certain times was ignored), variable, unlimited, unreadable (values), examples of unreadable ones, lost_overrides.
WITH value AS (
  SELECT tag, (read_maxspeed(tag)).remark
    FROM (SELECT maxspeed AS tag FROM road
          UNION ALL SELECT maxspeed_forward FROM road
          UNION ALL SELECT maxspeed_backward FROM road) AS tagged
   WHERE tag IS NOT NULL
), example AS (
  SELECT tag, count(*) AS times FROM value WHERE remark = 'unreadable' GROUP BY tag ORDER BY times DESC, tag LIMIT 5
), found AS (
  SELECT count(*) AS segments, coalesce(sum(length_m), 0)::double precision AS length_m,
         count(*) FILTER (WHERE is_limited) AS limited,
         coalesce(sum(length_m) FILTER (WHERE is_limited), 0)::double precision AS limited_m
    FROM (SELECT length_m, (oneway <> -1 AND forward_kmh IS NOT NULL) OR (oneway <> 1 AND backward_kmh IS NOT NULL) AS is_limited
            FROM road_segment) AS segment
)
SELECT segments, length_m, limited, limited_m,
       (SELECT count(*) FROM road WHERE maxspeed_conditional IS NOT NULL) AS conditional,
       (SELECT count(*) FROM value WHERE remark = 'variable') AS variable,
       (SELECT count(*) FROM value WHERE remark = 'none') AS unlimited,
       (SELECT count(*) FROM value WHERE remark = 'unreadable') AS unreadable,
       (SELECT string_agg('"' || left(tag, 40) || '"', ', ' ORDER BY times DESC, tag) FROM example) AS examples,
       (SELECT count(*) FROM road_override WHERE NOT EXISTS (SELECT FROM road_segment WHERE road_segment.road_id = road_override.road_id))
         AS lost_overrides
  FROM found
