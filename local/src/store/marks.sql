-- Which traces may have what a filter asks for (see mark.rs). By stretches of traces that came after each other, so that writing
-- touches few pages and what is forgotten goes at once.
CREATE TABLE mark (
    stretch INTEGER NOT NULL, -- trace / 16384
    word    INTEGER NOT NULL,
    trace   INTEGER NOT NULL,
    PRIMARY KEY (stretch, word, trace)
) STRICT, WITHOUT ROWID;
-- Traces that are there already may have anything.
INSERT INTO mark SELECT number / 16384, 0, number FROM trace;
