-- Changes what the speeding report goes by when nothing else is asked for.
-- $1 text the settings as JSON, $2 timestamptz now. No columns.
UPDATE setting SET value = $1::text::jsonb, updated_at = $2::timestamptz WHERE name = 'speeding_report'
