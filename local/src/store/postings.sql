-- Which traces may have what a filter asks for (see mark.rs), in pieces: those of one commit together, because most marks are common ones.
-- By stretches of traces that came after each other, so that writing touches few pages and what is forgotten goes at once.
DROP TABLE mark;
CREATE TABLE mark (
    stretch INTEGER NOT NULL, -- trace / 4096
    word    INTEGER NOT NULL,
    first   INTEGER NOT NULL, -- the first place of the piece
    places  BLOB NOT NULL,    -- trace % 4096, two bytes each, the lower one first
    PRIMARY KEY (stretch, word, first)
) STRICT, WITHOUT ROWID;
-- Traces that are there already may have anything.
INSERT INTO mark
    SELECT number / 4096, 0, min(number % 4096), unhex(group_concat(printf('%02x%02x', number % 4096 % 256, number % 4096 / 256), ''))
    FROM trace GROUP BY number / 4096;
