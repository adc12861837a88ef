-- Which days have derived rows, and the number that moves with each change of them.
-- $1 text the first day and $2 text the last (YYYY-MM-DD). Columns: day (days since 1970), change.
SELECT day - date '1970-01-01', change FROM analysis_day WHERE day >= $1::text::date AND day <= $2::text::date ORDER BY day
