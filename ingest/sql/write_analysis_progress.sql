-- Everything up to this number is in the derived rows, or in analysis_backlog.
-- $1 bigint seq, $2 timestamptz now.
UPDATE analysis_progress SET seq = $1::bigint, analysed_at = $2::timestamptz, epoch = (SELECT epoch FROM feed)
