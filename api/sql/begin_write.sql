-- Opens a transaction that may write, in a session that by default may not.
BEGIN READ WRITE
