-- Changes of zones come one after the other, until the end of the transaction.
SELECT pg_advisory_xact_lock(hashtextextended('geofence', 0))
