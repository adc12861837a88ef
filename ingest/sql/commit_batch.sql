-- No parameters, no columns.
COMMIT
