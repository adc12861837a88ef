-- $1 integer: our format. Column: whether another version of the program has made checkpoints.
SELECT EXISTS (SELECT FROM analysis_checkpoint WHERE format <> $1::integer)
