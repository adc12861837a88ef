-- Ends a transaction that has changed nothing.
ROLLBACK
