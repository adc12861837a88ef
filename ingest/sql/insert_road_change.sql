-- A version of the rule set when an import has changed roads, and what has to be computed anew: where only limits changed, the
-- drives on those roads, and what vehicles around have driven since their last run that has ended; else everything, with matching.
-- $1 now, $2 name of the file. Columns: version; no row when nothing changed.
WITH counted AS (
  SELECT count(*) FILTER (WHERE change = 'new') AS new, count(*) FILTER (WHERE change = 'gone') AS gone,
         count(*) FILTER (WHERE change = 'moved') AS moved, count(*) FILTER (WHERE change = 'limit') AS limits
    FROM osm_import.road_change
), version AS (
  INSERT INTO rule_change (changed_at, changed_by, kind, subject, after)
  SELECT $1::timestamptz, 'import-osm', 'road', 'import of ' || $2::text, to_jsonb(counted)
    FROM counted
   WHERE new + gone + moved + limits > 0
  RETURNING version
), driven AS (
  SELECT road_run.vehicle_id, min(road_run.started_at) AS from_at, max(road_run.ended_at) + interval '1 us' AS until_at
    FROM road_run
    JOIN osm_import.road_change USING (road_id)
   WHERE (SELECT new + gone + moved = 0 FROM counted)
   GROUP BY road_run.vehicle_id
), around AS (
  SELECT st_transform(st_setsrid(st_expand(st_extent(road_segment.geom), 10000)::geometry, 3857), 4326) AS geom
    FROM road_segment
    JOIN osm_import.road_change USING (road_id)
   WHERE (SELECT new + gone + moved = 0 FROM counted)
), near AS (
  SELECT position.vehicle_id, position.recorded_at FROM position JOIN around ON position.geom && around.geom
), last_run AS (
  SELECT road_run.vehicle_id, max(road_run.ended_at) AS ended_at
    FROM road_run
    JOIN near ON near.vehicle_id = road_run.vehicle_id AND road_run.started_at > near.recorded_at - interval '7 days'
   GROUP BY road_run.vehicle_id
), reach AS (
  SELECT 0::bigint AS vehicle_id, '-infinity'::timestamptz AS from_at, 'infinity'::timestamptz AS until_at, true AS needs_matching
    FROM counted
   WHERE new + gone + moved > 0
  UNION ALL
  SELECT vehicle_id, from_at, until_at, false FROM driven
  UNION ALL
  SELECT near.vehicle_id, coalesce(last_run.ended_at, near.recorded_at - interval '7 days'), 'infinity', false
    FROM near
    LEFT JOIN last_run ON last_run.vehicle_id = near.vehicle_id
), queued AS (
  INSERT INTO recompute (requested_at, reason, vehicle_id, from_at, until_at, needs_matching)
  SELECT $1::timestamptz, 'road: import of ' || $2::text, vehicle_id, from_at, until_at, needs_matching FROM reach
  RETURNING recompute_id
)
SELECT version, (SELECT count(*) FROM queued) AS queued FROM version
