-- A trace is one row, kept up to date by every document of it: what lists and pages are read from.
CREATE TABLE trace (
    number   INTEGER PRIMARY KEY,
    id       BLOB NOT NULL UNIQUE, -- 16 bytes
    start    REAL NOT NULL,        -- epoch seconds: earliest start of a document
    finish   REAL NOT NULL,        -- epoch seconds: latest end
    updated  REAL NOT NULL,        -- epoch seconds: when the last document came
    revision INTEGER NOT NULL      -- how many changes have been stored
) STRICT;
CREATE INDEX trace_by_start ON trace (start, id);
CREATE INDEX trace_by_finish ON trace (finish, id);
CREATE INDEX trace_by_updated ON trace (updated, id);

-- Documents as they came, byte for byte; compiled when read, so that order of arrival never matters.
CREATE TABLE document (
    number      INTEGER PRIMARY KEY,
    trace       INTEGER NOT NULL REFERENCES trace (number),
    id          BLOB NOT NULL,    -- 8 bytes
    in_progress INTEGER NOT NULL, -- 0 or 1
    body        TEXT NOT NULL,
    UNIQUE (trace, id)
) STRICT;
