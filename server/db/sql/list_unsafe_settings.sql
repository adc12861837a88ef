-- Settings of the server under which a crash of its machine can lose or damage what was committed.
-- Columns: name text, value text.
SELECT name, setting
  FROM pg_settings
 WHERE name IN ('fsync', 'full_page_writes', 'synchronous_commit')
   AND setting = 'off'
 ORDER BY name
