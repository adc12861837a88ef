-- Checkpoints that another version of the program has made. $1 integer: our format.
DELETE FROM analysis_checkpoint WHERE format <> $1::integer
