-- Compared and sorted by code point, whatever the database's collation.
CREATE TABLE IF NOT EXISTS greetings (
    lang text COLLATE "C" PRIMARY KEY,
    text text NOT NULL
);
