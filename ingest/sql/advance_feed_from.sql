-- The same, but fails (23502: head may not be null) when somebody else has taken numbers since: what was derived from the
-- newest known breadcrumbs of the vehicles must then be derived anew.
-- $1 count bigint, $2 expected bigint.
-- Columns: head bigint, the last number taken.
UPDATE feed SET head = CASE WHEN head = $2::bigint THEN head + $1::bigint END RETURNING head
