-- A new version of the rule set.
-- $1 now, $2 who (null: unknown), $3 kind, $4 subject, $5 before, $6 after (jsonb; null: none). Columns: version.
INSERT INTO rule_change (changed_at, changed_by, kind, subject, before, after)
VALUES ($1::timestamptz, $2::text, $3::text, $4::text, $5::text::jsonb, $6::text::jsonb)
RETURNING version
