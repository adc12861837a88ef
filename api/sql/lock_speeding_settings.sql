-- The same, kept from changing until the transaction ends. Columns: value.
SELECT value::text FROM setting WHERE name = 'speeding_report' FOR UPDATE
