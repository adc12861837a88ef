-- Takes the next numbers, and the lock that makes them the order of commits.
-- $1 count bigint.
-- Columns: head bigint, the last number taken.
UPDATE feed SET head = head + $1::bigint RETURNING head
