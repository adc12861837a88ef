-- Changes of temperature rules come one after the other, until the end of the transaction.
SELECT pg_advisory_xact_lock(hashtextextended('temperature_rule', 0))
