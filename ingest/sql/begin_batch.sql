-- No parameters, no columns.
BEGIN
