-- A hint to the analyser that rules or roads have changed; told when the transaction commits.
-- No parameters. Columns: nothing of use.
SELECT pg_notify('crumbtrail_rules', '')
