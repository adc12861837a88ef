-- How far breadcrumbs have been numbered, and by which count.
-- 1 head, 2 epoch
SELECT head, epoch::text
  FROM feed
