-- Whether any breadcrumb has a number in a range; reads no more than the first it finds.
-- $1 after, $2 up to (included). Columns: found.
SELECT EXISTS (SELECT FROM breadcrumb WHERE seq > $1 AND seq <= $2) AS found
