-- How far the analysis is.
-- No parameters. Columns: seq bigint, head bigint, analysed_at, lag_s float8: how long the oldest breadcrumb that is not analysed has
-- been here (0: all are), vehicles_behind bigint, has_leader boolean: some server analyses, rule_version bigint, rules_changed_at,
-- depot_time_zone text.
SELECT p.seq,
       f.head,
       p.analysed_at,
       CASE WHEN f.head <= p.seq THEN 0
            ELSE greatest(0, extract(epoch FROM clock_timestamp() - coalesce(
                   (SELECT min(received_at) FROM breadcrumb WHERE seq > p.seq AND seq <= p.seq + 1000), p.analysed_at)))::float8
        END,
       (SELECT count(*) FROM analysis_backlog),
       EXISTS (SELECT FROM pg_locks
                WHERE locktype = 'advisory' AND classid = 7237001 AND objid = 2 AND objsubid = 2 AND granted
                  AND database = (SELECT oid FROM pg_database WHERE datname = current_database())),
       (SELECT coalesce(max(version), 0) FROM rule_change),
       (SELECT changed_at FROM rule_change ORDER BY version DESC LIMIT 1),
       (SELECT value #>> '{}' FROM setting WHERE name = 'depot_time_zone')
  FROM feed f
 CROSS JOIN analysis_progress p
