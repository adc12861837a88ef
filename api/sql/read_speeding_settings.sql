-- What the speeding report goes by when nothing else is asked for, as {"tolerance_kmh":..,..}. Columns: value.
SELECT value::text FROM setting WHERE name = 'speeding_report'
