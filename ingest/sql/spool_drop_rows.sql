-- SQLite: the table of a file of version 1, once its entries are in packs.
-- No parameters, no columns.
DROP TABLE entry
