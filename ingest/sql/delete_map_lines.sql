-- Empties map_line before an import fills it anew in the same transaction: readers see the old rows until the commit.
DELETE FROM map_line
