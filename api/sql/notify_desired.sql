-- A hint to all servers that there is something to be sent; told when the transaction commits.
-- No parameters. Columns: nothing of use.
SELECT pg_notify('crumbtrail_desired', '')
