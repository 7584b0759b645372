"""The catalog's tables as named migrations: each runs once, in one transaction with its own record.

A migration is never edited after it landed; a change of shape is a new one at the end.
"""

from __future__ import annotations

import sqlite3
import uuid
from datetime import UTC, datetime
from typing import Final

from ..errors import CatalogError

_FIRST: Final = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value) WITHOUT ROWID;
INSERT INTO meta VALUES ('revision', 0);

CREATE TABLE roots (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    path BLOB NOT NULL UNIQUE,
    online INTEGER NOT NULL DEFAULT 1,
    added TEXT NOT NULL);

-- A folder whose root was removed keeps its row (root NULL), so that its photos keep their decisions.
CREATE TABLE folders (
    id INTEGER PRIMARY KEY,
    root INTEGER REFERENCES roots(id) ON DELETE SET NULL,
    path BLOB NOT NULL UNIQUE);
CREATE INDEX folders_by_root ON folders(root);

CREATE TABLE photos (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    folder INTEGER NOT NULL REFERENCES folders(id),
    name BLOB NOT NULL,
    size INTEGER NOT NULL,
    mtime_ns INTEGER NOT NULL,
    sidecar_ns INTEGER NOT NULL DEFAULT 0,
    content BLOB,
    presence INTEGER NOT NULL DEFAULT 0,
    problem TEXT,
    rating INTEGER NOT NULL DEFAULT 0,
    rating_source TEXT,
    label TEXT,
    label_source TEXT,
    added TEXT NOT NULL,
    revision INTEGER NOT NULL,
    width INTEGER, height INTEGER, orientation INTEGER NOT NULL DEFAULT 1,
    taken TEXT, zone TEXT, camera TEXT, lens TEXT,
    exposure REAL, aperture REAL, iso INTEGER, focal REAL, flash INTEGER,
    latitude REAL, longitude REAL, altitude REAL,
    title TEXT, caption TEXT,
    UNIQUE (folder, name));
CREATE INDEX photos_by_revision ON photos(revision);
CREATE INDEX photos_by_content ON photos(content);
CREATE INDEX photos_by_presence ON photos(presence, problem);

CREATE TABLE tags (id INTEGER PRIMARY KEY, name TEXT NOT NULL, key TEXT NOT NULL UNIQUE);

-- What was done, by whom and when, and every single effect of it. Nothing here is ever changed:
-- undo is an action of its own that names the one it takes back.
CREATE TABLE actions (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    at TEXT NOT NULL,
    who TEXT NOT NULL,
    text TEXT NOT NULL,
    inverse_of INTEGER REFERENCES actions(id));
CREATE TABLE verdicts (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    action INTEGER NOT NULL REFERENCES actions(id),
    photo INTEGER NOT NULL,
    verdict TEXT NOT NULL,
    tag INTEGER REFERENCES tags(id),
    before TEXT,
    after TEXT,
    source TEXT NOT NULL,
    model TEXT,
    score REAL);
CREATE INDEX verdicts_by_photo ON verdicts(photo);
CREATE INDEX verdicts_by_action ON verdicts(action);
CREATE TRIGGER verdicts_stay BEFORE UPDATE ON verdicts BEGIN SELECT RAISE(ABORT, 'verdicts are append-only'); END;
CREATE TRIGGER verdicts_last BEFORE DELETE ON verdicts BEGIN SELECT RAISE(ABORT, 'verdicts are append-only'); END;
CREATE TRIGGER actions_stay BEFORE UPDATE ON actions BEGIN SELECT RAISE(ABORT, 'actions are append-only'); END;
CREATE TRIGGER actions_last BEFORE DELETE ON actions BEGIN SELECT RAISE(ABORT, 'actions are append-only'); END;

-- The undo stack: 'done' can be undone, 'undone' can be redone, 'dropped' neither.
CREATE TABLE undo (action INTEGER PRIMARY KEY REFERENCES actions(id), state TEXT NOT NULL);
CREATE INDEX undo_by_state ON undo(state, action);

-- Where each photo stands with a tag: the sum of its verdicts. state: 'accepted', 'rejected', or
-- 'removed' (taken off by the person although the file still says it).
CREATE TABLE decisions (
    photo INTEGER NOT NULL REFERENCES photos(id),
    tag INTEGER NOT NULL REFERENCES tags(id),
    state TEXT NOT NULL,
    source TEXT NOT NULL,
    at TEXT NOT NULL,
    PRIMARY KEY (photo, tag)) WITHOUT ROWID;
CREATE INDEX decisions_by_tag ON decisions(tag, state);

-- What the files say now, also where the person decided otherwise: undo falls back on it.
CREATE TABLE said (
    photo INTEGER NOT NULL REFERENCES photos(id),
    tag INTEGER NOT NULL REFERENCES tags(id),
    PRIMARY KEY (photo, tag)) WITHOUT ROWID;

-- Derived from here on: raw scores and embeddings (float16, little endian) by model, and what they suggest.
CREATE TABLE models (id INTEGER PRIMARY KEY, hash TEXT NOT NULL UNIQUE);
CREATE TABLE annotations (
    photo INTEGER PRIMARY KEY REFERENCES photos(id),
    model INTEGER NOT NULL REFERENCES models(id),
    content BLOB NOT NULL,
    embedding BLOB NOT NULL,
    scores BLOB NOT NULL);
CREATE TABLE suggestions (
    photo INTEGER NOT NULL REFERENCES photos(id),
    tag INTEGER NOT NULL REFERENCES tags(id),
    score REAL NOT NULL,
    reasons TEXT NOT NULL DEFAULT '{}',
    PRIMARY KEY (photo, tag)) WITHOUT ROWID;
CREATE INDEX suggestions_by_tag ON suggestions(tag, score);

-- A suggestion is open while the person has decided neither way on it.
CREATE VIEW open_suggestions AS SELECT s.photo, s.tag, s.score, s.reasons FROM suggestions s WHERE NOT EXISTS (
    SELECT 1 FROM decisions d WHERE d.photo = s.photo AND d.tag = s.tag AND d.state IN ('accepted', 'rejected'));
"""

_LEARNING: Final = """
-- All derived. "state" names everything that a tag's suggestions were made from; sure and ask are its bands.
CREATE TABLE learnt (
    tag INTEGER PRIMARY KEY REFERENCES tags(id),
    state TEXT NOT NULL,
    sure REAL NOT NULL,
    ask REAL NOT NULL);
CREATE INDEX verdicts_by_tag ON verdicts(tag, id);

-- Counts every annotation that comes or goes, so that learning notices also what came while it did not run.
INSERT INTO meta VALUES ('annotated', 0);
CREATE TRIGGER annotations_come AFTER INSERT ON annotations BEGIN
    UPDATE meta SET value = value + 1 WHERE key = 'annotated';
END;
CREATE TRIGGER annotations_go AFTER DELETE ON annotations BEGIN
    UPDATE meta SET value = value + 1 WHERE key = 'annotated';
END;
"""

_REVIEWING: Final = """
-- All derived. Perceptual hashes by content; by tag, in twenty steps of the score that the other decisions foretold,
-- how many decisions there are and how many of them were "accepted" (int32, little endian).
CREATE TABLE looks (content BLOB PRIMARY KEY, hash INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE foretold (
    tag INTEGER PRIMARY KEY REFERENCES tags(id),
    decided BLOB NOT NULL,
    accepted BLOB NOT NULL);
"""

_NETWORKS: Final = """
-- Derived: what networks of the person's own said of a photo's content. scores float16 by the network's tags,
-- boxes as JSON [[column, score, [x, y, w, h]], ...].
CREATE TABLE opinions (
    photo INTEGER NOT NULL REFERENCES photos(id),
    model INTEGER NOT NULL REFERENCES models(id),
    content BLOB NOT NULL,
    scores BLOB NOT NULL,
    boxes TEXT NOT NULL DEFAULT '[]',
    PRIMARY KEY (photo, model));
CREATE INDEX opinions_by_model ON opinions(model);
"""

_RUNS: Final = """
-- What a person says of tags themselves: effects of verdicts on photo 0, so that they are undone with them.
CREATE TABLE bands (tag INTEGER PRIMARY KEY REFERENCES tags(id), sure REAL NOT NULL, ask REAL NOT NULL);
CREATE TABLE automatic (tag INTEGER PRIMARY KEY REFERENCES tags(id));
CREATE TABLE ignored (tag INTEGER PRIMARY KEY REFERENCES tags(id));
CREATE TABLE tag_sets (slot INTEGER PRIMARY KEY, name TEXT NOT NULL, tags TEXT NOT NULL);

-- stands 0: the person does not want this parent, which the vocabulary names.
CREATE TABLE parents (
    tag INTEGER NOT NULL REFERENCES tags(id),
    parent INTEGER NOT NULL REFERENCES tags(id),
    stands INTEGER NOT NULL,
    PRIMARY KEY (tag, parent)) WITHOUT ROWID;

-- Other names that lead to a tag. kind: 'alias' (a person's other word), 'label' (a model's word), 'merged',
-- 'renamed' (what it was called before).
CREATE TABLE names (
    key TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    tag INTEGER NOT NULL REFERENCES tags(id),
    kind TEXT NOT NULL,
    language TEXT NOT NULL) WITHOUT ROWID;
CREATE INDEX names_by_tag ON names(tag);

-- Photos whose look-alikes are refused too, also those that come later.
CREATE TABLE lookalikes (
    tag INTEGER NOT NULL REFERENCES tags(id),
    photo INTEGER NOT NULL REFERENCES photos(id),
    PRIMARY KEY (tag, photo)) WITHOUT ROWID;

-- What decided by itself. kind: 'sure' (accepted in the sure band) or 'lookalike' (refused, it looks like anchor).
CREATE TABLE runs (
    action INTEGER PRIMARY KEY REFERENCES actions(id),
    kind TEXT NOT NULL,
    tag INTEGER NOT NULL REFERENCES tags(id),
    model TEXT,
    anchor INTEGER);

-- Derived: the vocabulary's parents by key, every broader tag of a tag, and what is settled by a narrower tag.
CREATE TABLE broader (child TEXT NOT NULL, parent TEXT NOT NULL, PRIMARY KEY (child, parent)) WITHOUT ROWID;
CREATE TABLE implied (
    tag INTEGER NOT NULL, broader INTEGER NOT NULL, PRIMARY KEY (tag, broader)) WITHOUT ROWID;
CREATE TABLE settled (photo INTEGER NOT NULL, tag INTEGER NOT NULL, PRIMARY KEY (photo, tag)) WITHOUT ROWID;
CREATE INDEX settled_by_tag ON settled(tag);
-- (The statement that fires a trigger decides what OR IGNORE means inside it, so that none is used here.)
CREATE TRIGGER decisions_come AFTER INSERT ON decisions WHEN new.state = 'accepted' BEGIN
    INSERT INTO settled SELECT DISTINCT new.photo, broader FROM implied WHERE tag = new.tag
        AND NOT EXISTS (SELECT 1 FROM settled s WHERE s.photo = new.photo AND s.tag = broader);
END;
CREATE TRIGGER decisions_go AFTER DELETE ON decisions WHEN old.state = 'accepted' BEGIN
    DELETE FROM settled WHERE photo = old.photo AND tag IN (SELECT broader FROM implied WHERE tag = old.tag);
    INSERT INTO settled SELECT DISTINCT d.photo, i.broader FROM decisions d CROSS JOIN implied i ON i.tag = d.tag
        WHERE d.photo = old.photo AND d.state = 'accepted'
        AND NOT EXISTS (SELECT 1 FROM settled s WHERE s.photo = d.photo AND s.tag = i.broader);
END;
CREATE TRIGGER decisions_turn AFTER UPDATE ON decisions WHEN old.state <> new.state BEGIN
    DELETE FROM settled WHERE photo = old.photo AND tag IN (SELECT broader FROM implied WHERE tag = old.tag);
    INSERT INTO settled SELECT DISTINCT d.photo, i.broader FROM decisions d CROSS JOIN implied i ON i.tag = d.tag
        WHERE d.photo = old.photo AND d.state = 'accepted'
        AND NOT EXISTS (SELECT 1 FROM settled s WHERE s.photo = d.photo AND s.tag = i.broader);
END;

-- A suggestion is open while neither the person, nor a narrower tag, nor "never suggest" has settled it.
DROP VIEW open_suggestions;
CREATE VIEW open_suggestions AS SELECT s.photo, s.tag, s.score, s.reasons FROM suggestions s
    WHERE s.tag NOT IN (SELECT tag FROM ignored)
    AND NOT EXISTS (SELECT 1 FROM decisions d
        WHERE d.photo = s.photo AND d.tag = s.tag AND d.state IN ('accepted', 'rejected'))
    AND (s.tag NOT IN (SELECT broader FROM implied)
        OR NOT EXISTS (SELECT 1 FROM settled i WHERE i.photo = s.photo AND i.tag = s.tag));
"""

_EXCHANGE: Final = """
-- What files and sidecars said when we last wrote to them or looked, place by place as JSON (said.py), and what a
-- write that is under way may have left there instead. rating and label stood in the catalog then.
CREATE TABLE written (
    photo INTEGER PRIMARY KEY REFERENCES photos(id),
    state TEXT NOT NULL,
    pending TEXT,
    rating INTEGER NOT NULL,
    label TEXT);

-- What was in a file before we wrote to it (xmp/kept.py). place: the sidecar's name, empty for the photo itself.
CREATE TABLE kept (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    photo INTEGER NOT NULL REFERENCES photos(id),
    place BLOB NOT NULL,
    at TEXT NOT NULL,
    new BLOB NOT NULL,
    old BLOB NOT NULL,
    head INTEGER NOT NULL,
    tail INTEGER NOT NULL,
    middle BLOB NOT NULL,
    mtime_ns INTEGER NOT NULL);
CREATE INDEX kept_by_photo ON kept(photo, place);

-- What both we and another program changed. ours and theirs are JSON lists.
CREATE TABLE conflicts (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    photo INTEGER NOT NULL REFERENCES photos(id),
    field TEXT NOT NULL,
    tag TEXT NOT NULL DEFAULT '',
    ours TEXT NOT NULL,
    theirs TEXT NOT NULL,
    at TEXT NOT NULL,
    UNIQUE (photo, field, tag));

-- Where folders differ from the setting write_metadata; what is below them follows.
CREATE TABLE folder_writing (path BLOB PRIMARY KEY, mode TEXT NOT NULL) WITHOUT ROWID;

-- The hash of each photo's picture alone (containers.picture_hash): it stays when metadata changes.
CREATE TABLE pictures (photo INTEGER PRIMARY KEY REFERENCES photos(id), hash BLOB NOT NULL);
CREATE INDEX pictures_by_hash ON pictures(hash);
"""

_COLLECTIONS: Final = """
-- Searches that a person keeps, and albums filled by hand; effects of verdicts, so that they are undone with them.
CREATE TABLE searches (
    key TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    query TEXT NOT NULL,
    sort TEXT NOT NULL,
    place REAL NOT NULL) WITHOUT ROWID;
CREATE TABLE albums (id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, name TEXT NOT NULL, place REAL NOT NULL);
CREATE TABLE album_photos (
    album INTEGER NOT NULL, photo INTEGER NOT NULL REFERENCES photos(id), PRIMARY KEY (album, photo)) WITHOUT ROWID;
CREATE INDEX album_photos_by_photo ON album_photos(photo);
-- What was searched for lately, to be offered again; nothing is undone here.
CREATE TABLE recent (query TEXT PRIMARY KEY, at TEXT NOT NULL) WITHOUT ROWID;
"""

_TEXTS: Final = """
-- Title and caption that a person gave; NULL: what the file says counts, which the columns title and caption hold.
-- "" stands for none. In written: what stood when we wrote.
ALTER TABLE photos ADD COLUMN own_title TEXT;
ALTER TABLE photos ADD COLUMN own_caption TEXT;
ALTER TABLE written ADD COLUMN title TEXT;
ALTER TABLE written ADD COLUMN caption TEXT;

-- Photos whose decisions could not be written into sidecar or file by themselves, and why.
CREATE TABLE unwritten (
    photo INTEGER PRIMARY KEY REFERENCES photos(id),
    reason TEXT NOT NULL,
    at TEXT NOT NULL);
"""

_SPEAKING: Final = """
-- The networks behind a number, the shipped one in place 0. What a catalog knew before was the shipped one's.
CREATE TABLE network_names (
    hash TEXT NOT NULL,
    place INTEGER NOT NULL,
    name TEXT NOT NULL,
    version TEXT NOT NULL,
    PRIMARY KEY (hash, place)) WITHOUT ROWID;
INSERT OR IGNORE INTO network_names SELECT DISTINCT model, 0, 'everyday', '' FROM verdicts WHERE model IS NOT NULL;
-- Who spoke for what was decided, as a JSON list of names.
ALTER TABLE verdicts ADD COLUMN witnesses TEXT;
"""

_REFUSALS: Final = """
-- What is no animal is no dog: a suggestion is not open either where a broader tag was rejected.
DROP VIEW open_suggestions;
CREATE VIEW open_suggestions AS SELECT s.photo, s.tag, s.score, s.reasons FROM suggestions s
    WHERE s.tag NOT IN (SELECT tag FROM ignored)
    AND NOT EXISTS (SELECT 1 FROM decisions d
        WHERE d.photo = s.photo AND d.tag = s.tag AND d.state IN ('accepted', 'rejected'))
    AND (s.tag NOT IN (SELECT broader FROM implied)
        OR NOT EXISTS (SELECT 1 FROM settled i WHERE i.photo = s.photo AND i.tag = s.tag))
    AND (s.tag NOT IN (SELECT i.tag FROM implied i
            WHERE EXISTS (SELECT 1 FROM decisions d WHERE d.tag = i.broader AND d.state = 'rejected'))
        OR NOT EXISTS (SELECT 1 FROM implied i CROSS JOIN decisions d ON d.photo = s.photo AND d.tag = i.broader
            WHERE i.tag = s.tag AND d.state = 'rejected'));
-- The search index reads these photos again.
UPDATE meta SET value = value + 1 WHERE key = 'revision';
UPDATE photos SET revision = (SELECT value FROM meta WHERE key = 'revision')
    WHERE id IN (SELECT photo FROM decisions WHERE state = 'rejected' AND tag IN (SELECT broader FROM implied));
"""

MIGRATIONS: Final[tuple[tuple[str, str], ...]] = (
    ("first", _FIRST),
    ("learning", _LEARNING),
    ("reviewing", _REVIEWING),
    ("networks", _NETWORKS),
    ("runs", _RUNS),
    ("exchange", _EXCHANGE),
    ("collections", _COLLECTIONS),
    ("texts", _TEXTS),
    ("speaking", _SPEAKING),
    ("refusals", _REFUSALS),
)


def now() -> str:
    """This moment in UTC as ISO 8601 with milliseconds."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def migrate(connection: sqlite3.Connection) -> list[str]:
    """Bring the catalog to today's shape and return the names of the steps that ran.

    Raises CatalogError for a catalog that a newer program made.
    """
    connection.execute("CREATE TABLE IF NOT EXISTS migrations (name TEXT PRIMARY KEY, at TEXT NOT NULL)")
    done = {name for (name,) in connection.execute("SELECT name FROM migrations")}
    if unknown := done - {name for name, _ in MIGRATIONS}:
        raise CatalogError(
            f"This catalog was made by a newer photomgr ({', '.join(sorted(unknown))}). Update the program."
        )
    ran = []
    for name, sql in MIGRATIONS:
        if name in done:
            continue
        # executescript() would commit first and leave a half-made step after a crash.
        connection.execute("BEGIN IMMEDIATE")
        try:
            for statement in _statements(sql):
                connection.execute(statement)
            connection.execute("INSERT INTO migrations VALUES (?, ?)", (name, now()))
            connection.execute("INSERT OR IGNORE INTO meta VALUES ('uuid', ?)", (uuid.uuid4().hex,))
        except BaseException:
            connection.execute("ROLLBACK")
            raise
        connection.execute("COMMIT")
        ran.append(name)
    return ran


def is_current(connection: sqlite3.Connection) -> bool:
    """Whether every migration has run, for a guest who may not run them."""
    return _done(connection) == {name for name, _ in MIGRATIONS}


def is_known(connection: sqlite3.Connection) -> bool:
    """Whether this is a catalog that this program can open, perhaps after migrating it."""
    done = _done(connection)
    return bool(done) and done <= {name for name, _ in MIGRATIONS}


def _done(connection: sqlite3.Connection) -> set[str]:
    try:
        return {name for (name,) in connection.execute("SELECT name FROM migrations")}
    except sqlite3.OperationalError:
        return set()


def _statements(sql: str) -> list[str]:
    statements, pending = [], ""
    for line in sql.splitlines():
        pending += line + "\n"
        if sqlite3.complete_statement(pending):
            statements.append(pending)
            pending = ""
    return statements
