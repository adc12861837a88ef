-- Opens a transaction whose statements all see the same.
BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY
