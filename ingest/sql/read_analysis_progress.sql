-- How far the feed is analysed, and how far it is numbered: all that is numbered up to the head is visible to what is asked later.
-- No parameters. Columns: seq bigint, head bigint, whether seq belongs to another feed, rule_version bigint (0: no rule was ever
-- changed).
SELECT p.seq, f.head, coalesce(p.epoch <> f.epoch, false),
       (SELECT coalesce(max(version), 0) FROM rule_change)
  FROM feed f
 CROSS JOIN analysis_progress p
