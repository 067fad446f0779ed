-- What functions printed, by the invocation that printed it.
CREATE TABLE log (
    number   INTEGER PRIMARY KEY,
    time     REAL NOT NULL, -- epoch seconds: when it was printed
    came     REAL NOT NULL, -- epoch seconds: when it was stored
    request  TEXT,          -- the invocation's request id
    trace    BLOB,          -- 16 bytes
    function TEXT,
    message  TEXT NOT NULL
) STRICT;
CREATE INDEX log_by_trace ON log (trace) WHERE trace IS NOT NULL;
CREATE INDEX log_by_request ON log (request) WHERE request IS NOT NULL;
CREATE INDEX log_by_came ON log (came);
