-- Graphs of stretches of time, summed up already (see rollup/): a minute's traces are compiled once, not each time somebody asks.
-- What is here is true: whatever changes a minute takes away, in the same commit, its graph and those of the longer stretches it is in.
CREATE TABLE graph (
    minutes INTEGER NOT NULL, -- how long
    begin   INTEGER NOT NULL, -- minutes since 1970
    body    BLOB NOT NULL,
    PRIMARY KEY (minutes, begin)
) STRICT, WITHOUT ROWID;
-- Minutes that have traces and no graph. A change's number is never used again, so who has summed up a minute sees whether it still is as it was.
CREATE TABLE changed_minute (
    change INTEGER PRIMARY KEY AUTOINCREMENT,
    minute INTEGER NOT NULL UNIQUE, -- minutes since 1970
    at     REAL NOT NULL            -- epoch seconds
) STRICT;
INSERT INTO changed_minute (minute, at) SELECT DISTINCT CAST(start / 60 AS INTEGER), 0.0 FROM trace;
