-- Says that derived rows of these days have changed (analysis_day), within the transaction that changes them.
-- $1 text[] the days, as YYYY-MM-DD.
INSERT INTO analysis_day (day, change)
SELECT day::date, nextval('analysis_day_change_seq')
  FROM (SELECT DISTINCT unnest($1::text[]) AS day ORDER BY 1) days
    ON CONFLICT (day) DO UPDATE SET change = excluded.change
