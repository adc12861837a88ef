-- Makes the partitions of these days where they are missing, each day once, in one order for all who do so at the same time.
-- $1 days integer[] (days since 1970-01-01).
-- Columns: day integer, was_made boolean.
SELECT wanted.day, ensure_breadcrumb_partition(date '1970-01-01' + wanted.day)
  FROM (SELECT DISTINCT day FROM unnest($1::integer[]) AS day ORDER BY day) AS wanted
