-- What the analysis goes by, but what belongs to single vehicles.
-- No parameters. Columns: version bigint (0: no rule was ever changed), fleet limit real, tolerance_kmh float8, min_samples integer,
-- min_duration_s float8 (null: not set), road_version bigint: of the last change of roads (0: none).
SELECT (SELECT coalesce(max(version), 0) FROM rule_change),
       (SELECT limit_kmh FROM speed_rule WHERE vehicle_id = 0),
       (r.value ->> 'tolerance_kmh')::float8,
       (r.value ->> 'min_samples')::integer,
       (r.value ->> 'min_duration_s')::float8,
       (SELECT coalesce(max(version), 0) FROM rule_change WHERE kind = 'road')
  FROM (SELECT 1) one
  LEFT JOIN setting r ON r.name = 'speeding_report'
