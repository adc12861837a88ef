-- Takes the next number of arrival; the row stays locked until the transaction ends.
UPDATE feed SET head = head + 1
