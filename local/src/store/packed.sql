-- Documents may be compressed: text as it came, or a blob (see store/body.rs). What is there stays as it is.
CREATE TABLE packed (
    number      INTEGER PRIMARY KEY,
    trace       INTEGER NOT NULL REFERENCES trace (number),
    id          BLOB NOT NULL,    -- 8 bytes
    in_progress INTEGER NOT NULL, -- 0 or 1
    body        ANY NOT NULL,
    UNIQUE (trace, id)
) STRICT;
INSERT INTO packed SELECT number, trace, id, in_progress, body FROM document;
DROP TABLE document;
ALTER TABLE packed RENAME TO document;
