-- Whether the alerts have anything to do.
-- No parameters.
-- Columns: 1 there are new conditions, 2 when the next alert is due.
SELECT coalesce((SELECT max(c.change) FROM alert_condition AS c), 0) > p.change,
       (SELECT min(a.next_due_at) FROM alert AS a WHERE a.next_due_at IS NOT NULL)
  FROM alert_progress AS p
