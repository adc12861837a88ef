-- How far arrival has been numbered. Everything up to head is committed: writers take turns on this row.
-- Columns: head, epoch.
SELECT head, epoch::text FROM feed
