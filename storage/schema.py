"""The tables of project.db, as migrations: a released one is never edited, a new one is added.

Every enumerated value and range is a CHECK, every reference a foreign key, every table STRICT. Times are UTC,
ISO 8601. A row that replaces another closes it by `superseded_at`; nothing a person stated is overwritten.
"""

from __future__ import annotations

from sqlite_utils import Database, Migrations

APPLICATION_ID = 0x4C6C6F70  # 'Llop', so that a foreign SQLite file is told apart
PAGE_SIZE = 16384  # measured: region BLOBs need half the file of 4096-byte pages

migrations = Migrations("lesionloop")

_FIRST = """
CREATE TABLE project (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    created_at TEXT NOT NULL,
    split_seed INTEGER NOT NULL,
    test_fraction REAL NOT NULL CHECK (test_fraction BETWEEN 0 AND 0.9),
    validation_fraction REAL NOT NULL CHECK (validation_fraction BETWEEN 0 AND 0.9),
    closed_cleanly INTEGER NOT NULL CHECK (closed_cleanly IN (0, 1)),
    CHECK (test_fraction + validation_fraction < 1)
) STRICT;

CREATE TABLE reader (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE CHECK (length(trim(name)) > 0),
    created_at TEXT NOT NULL
) STRICT;

CREATE TABLE patient (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    source_id TEXT NOT NULL UNIQUE CHECK (length(source_id) > 0),
    key TEXT NOT NULL UNIQUE CHECK (key GLOB 'P[0-9][0-9][0-9][0-9]*')
) STRICT;

CREATE TABLE split (
    patient_id INTEGER PRIMARY KEY REFERENCES patient (id) ON DELETE CASCADE,
    split TEXT NOT NULL CHECK (split IN ('train', 'validation', 'test')),
    created_at TEXT NOT NULL
) STRICT;

CREATE TABLE study (
    id INTEGER PRIMARY KEY,
    patient_id INTEGER NOT NULL REFERENCES patient (id),
    source_uid TEXT NOT NULL,
    UNIQUE (patient_id, source_uid)
) STRICT;

CREATE TABLE image (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    study_id INTEGER NOT NULL REFERENCES study (id),
    path TEXT NOT NULL UNIQUE CHECK (length(path) > 0),
    content_hash TEXT NOT NULL,
    size_bytes INTEGER NOT NULL CHECK (size_bytes >= 0),
    modified_ns INTEGER NOT NULL,
    laterality TEXT NOT NULL CHECK (laterality IN ('L', 'R', '?')),
    view TEXT NOT NULL CHECK (view IN ('CC', 'MLO', 'other', '?')),
    rows INTEGER NOT NULL CHECK (rows >= 0),
    columns INTEGER NOT NULL CHECK (columns >= 0),
    spacing_mm REAL CHECK (spacing_mm > 0),
    scale REAL NOT NULL CHECK (scale > 0),
    bits INTEGER NOT NULL CHECK (bits BETWEEN 0 AND 64),
    is_for_processing INTEGER NOT NULL CHECK (is_for_processing IN (0, 1)),
    is_lossy INTEGER NOT NULL CHECK (is_lossy IN (0, 1)),
    failure TEXT NOT NULL,
    added_at TEXT NOT NULL,
    CHECK (failure <> '' OR (rows > 0 AND columns > 0 AND length(content_hash) = 64))
) STRICT;
CREATE UNIQUE INDEX image_content ON image (content_hash) WHERE failure = '';
CREATE INDEX image_study ON image (study_id);

CREATE TABLE image_label (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    image_id INTEGER NOT NULL REFERENCES image (id) ON DELETE CASCADE,
    label TEXT CHECK (label IN ('N', 'B', 'M', 'MB')),
    source TEXT NOT NULL,
    birads TEXT NOT NULL CHECK (birads IN ('', '0', '1', '2', '3', '4', '4a', '4b', '4c', '5', '6')),
    note TEXT NOT NULL,
    reader_id INTEGER REFERENCES reader (id),
    created_at TEXT NOT NULL,
    superseded_at TEXT
) STRICT;
CREATE UNIQUE INDEX image_label_current ON image_label (image_id) WHERE superseded_at IS NULL;

CREATE TABLE finding (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    image_id INTEGER NOT NULL REFERENCES image (id),
    version INTEGER NOT NULL CHECK (version >= 1),
    is_deleted INTEGER NOT NULL CHECK (is_deleted IN (0, 1))
) STRICT;
CREATE INDEX finding_image ON finding (image_id);

CREATE TABLE finding_version (
    finding_id INTEGER NOT NULL REFERENCES finding (id),
    version INTEGER NOT NULL CHECK (version >= 1),
    action TEXT NOT NULL CHECK (action IN ('added', 'changed', 'deleted', 'restored', 'imported')),
    reader_id INTEGER NOT NULL REFERENCES reader (id),
    finding_class TEXT NOT NULL CHECK (finding_class IN ('malignant', 'benign')),
    finding_type TEXT NOT NULL
        CHECK (finding_type IN ('unspecified', 'mass', 'calcification', 'distortion', 'asymmetry')),
    geometry TEXT NOT NULL CHECK (json_valid(geometry)),
    created_at TEXT NOT NULL,
    PRIMARY KEY (finding_id, version)
) STRICT;

CREATE TABLE region_grid (
    id INTEGER PRIMARY KEY,
    image_id INTEGER NOT NULL REFERENCES image (id) ON DELETE CASCADE,
    grid_key TEXT NOT NULL CHECK (length(grid_key) > 0),
    regions INTEGER NOT NULL CHECK (regions >= 1),
    boxes BLOB NOT NULL,
    UNIQUE (image_id, grid_key),
    CHECK (length(boxes) = 32 * regions)
) STRICT;
CREATE INDEX region_grid_summary ON region_grid (image_id, id, regions);

CREATE TABLE region_label (
    image_id INTEGER NOT NULL REFERENCES image (id) ON DELETE CASCADE,
    grid_key TEXT NOT NULL,
    alpha REAL NOT NULL CHECK (alpha > 0 AND alpha <= 1),
    contour_set TEXT NOT NULL CHECK (length(contour_set) = 64),
    regions INTEGER NOT NULL CHECK (regions >= 1),
    labels BLOB NOT NULL,
    PRIMARY KEY (image_id, grid_key, alpha),
    FOREIGN KEY (image_id, grid_key) REFERENCES region_grid (image_id, grid_key) ON DELETE CASCADE,
    CHECK (length(labels) = regions)
) STRICT;

CREATE TABLE decision (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    image_id INTEGER NOT NULL REFERENCES image (id) ON DELETE CASCADE,
    decision TEXT CHECK (decision IN ('annotated', 'nothing to draw', 'skipped', 'unreadable')),
    reader_id INTEGER NOT NULL REFERENCES reader (id),
    created_at TEXT NOT NULL,
    superseded_at TEXT
) STRICT;
CREATE UNIQUE INDEX decision_current ON decision (image_id) WHERE superseded_at IS NULL;

CREATE TABLE recipe (
    id INTEGER PRIMARY KEY,
    content TEXT NOT NULL UNIQUE CHECK (json_valid(content))
) STRICT;

CREATE TABLE model (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL CHECK (length(name) > 0),
    recipe_id INTEGER NOT NULL REFERENCES recipe (id),
    parent_id INTEGER REFERENCES model (id),
    folder_name TEXT NOT NULL UNIQUE CHECK (length(folder_name) > 0),
    sha256 TEXT NOT NULL CHECK (length(sha256) = 64),
    metrics TEXT NOT NULL CHECK (json_valid(metrics)),
    annotated_images INTEGER NOT NULL CHECK (annotated_images >= 0),
    is_current INTEGER NOT NULL CHECK (is_current IN (0, 1)),
    created_at TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX model_current ON model (is_current) WHERE is_current = 1;

CREATE TABLE prediction (
    model_id INTEGER NOT NULL REFERENCES model (id) ON DELETE CASCADE,
    image_id INTEGER NOT NULL REFERENCES image (id) ON DELETE CASCADE,
    p_benign REAL NOT NULL CHECK (p_benign BETWEEN 0 AND 1),
    p_malignant REAL NOT NULL CHECK (p_malignant BETWEEN 0 AND 1),
    regions INTEGER NOT NULL CHECK (regions >= 1),
    cls BLOB NOT NULL,
    score BLOB NOT NULL,
    PRIMARY KEY (model_id, image_id),
    CHECK (length(cls) = 12 * regions AND length(score) = 8 * regions)
) STRICT;
CREATE INDEX prediction_summary ON prediction (model_id, image_id, p_malignant, p_benign);
CREATE INDEX prediction_image ON prediction (image_id);

CREATE TABLE ranking (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    strategy TEXT NOT NULL CHECK (length(strategy) > 0),
    model_id INTEGER REFERENCES model (id),
    is_current INTEGER NOT NULL CHECK (is_current IN (0, 1)),
    created_at TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX ranking_current ON ranking (is_current) WHERE is_current = 1;

CREATE TABLE ranking_item (
    ranking_id INTEGER NOT NULL REFERENCES ranking (id) ON DELETE CASCADE,
    position INTEGER NOT NULL CHECK (position >= 1),
    image_id INTEGER NOT NULL REFERENCES image (id) ON DELETE CASCADE,
    score REAL NOT NULL,
    reason TEXT NOT NULL,
    PRIMARY KEY (ranking_id, position),
    UNIQUE (ranking_id, image_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX ranking_item_image ON ranking_item (image_id);

CREATE TABLE imported_job (
    name TEXT PRIMARY KEY CHECK (length(name) > 0),
    imported_at TEXT NOT NULL
) STRICT;

CREATE TABLE event_kind (name TEXT PRIMARY KEY) STRICT;
INSERT INTO event_kind (name) VALUES
    ('image read'), ('finding added'), ('finding changed'), ('finding deleted'), ('finding restored'),
    ('decision set'), ('label set'), ('images imported'), ('contours imported'), ('splits set'),
    ('model added'), ('model chosen'), ('images scored'), ('worklist ranked'), ('exported');

CREATE TABLE ledger_event (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    at TEXT NOT NULL,
    kind TEXT NOT NULL REFERENCES event_kind (name),
    reader_id INTEGER REFERENCES reader (id),
    image_id INTEGER REFERENCES image (id) ON DELETE SET NULL,
    finding_id INTEGER REFERENCES finding (id),
    seconds REAL CHECK (seconds >= 0),
    details TEXT NOT NULL CHECK (json_valid(details))
) STRICT;
CREATE INDEX ledger_event_image ON ledger_event (image_id);
"""


@migrations()
def m0001_first_tables(db: Database) -> None:
    """Everything the first release keeps."""
    db.executescript(_FIRST)
    db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    db.execute("PRAGMA user_version = 1")


_PROMOTION = (
    # Of models that version 1 stored, what they were trained on is not known.
    "ALTER TABLE model ADD COLUMN snapshot TEXT NOT NULL DEFAULT '' CHECK (length(snapshot) IN (0, 64))",
    "ALTER TABLE model ADD COLUMN split_hash TEXT NOT NULL DEFAULT '' CHECK (length(split_hash) IN (0, 64))",
    "ALTER TABLE model ADD COLUMN train_images INTEGER CHECK (train_images >= 0)",
    "ALTER TABLE model ADD COLUMN validation_images INTEGER CHECK (validation_images >= 0)",
    "ALTER TABLE model ADD COLUMN test_images INTEGER CHECK (test_images >= 0)",
    "ALTER TABLE model ADD COLUMN figures TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(figures))",
    "ALTER TABLE model ADD COLUMN gate TEXT CHECK (gate IS NULL OR json_valid(gate))",
    "ALTER TABLE model ADD COLUMN judged_against INTEGER REFERENCES model (id)",
    """
ALTER TABLE project ADD COLUMN gate_margin REAL NOT NULL DEFAULT 0.05
    CHECK (gate_margin > 0 AND gate_margin <= 0.5)
""",
    """
ALTER TABLE project ADD COLUMN gate_level REAL NOT NULL DEFAULT 0.95
    CHECK (gate_level >= 0.5 AND gate_level < 1)
""",
    """
ALTER TABLE project ADD COLUMN promotes_automatically INTEGER NOT NULL DEFAULT 1
    CHECK (promotes_automatically IN (0, 1))
""",
    "ALTER TABLE image ADD COLUMN density TEXT NOT NULL DEFAULT '' CHECK (density IN ('', 'A', 'B', 'C', 'D'))",
    """
CREATE TABLE promotion (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    model_id INTEGER NOT NULL REFERENCES model (id),
    former_id INTEGER REFERENCES model (id),
    kind TEXT NOT NULL CHECK (kind IN ('first', 'gate', 'by hand', 'rolled back', 'refused')),
    reader_id INTEGER REFERENCES reader (id),
    evidence TEXT NOT NULL CHECK (json_valid(evidence)),
    created_at TEXT NOT NULL,
    CHECK ((kind = 'first') = (former_id IS NULL)),
    CHECK ((kind IN ('by hand', 'rolled back', 'refused')) <= (reader_id IS NOT NULL)),
    CHECK (kind <> 'gate' OR reader_id IS NULL),
    CHECK (former_id IS NULL OR former_id <> model_id)
) STRICT
""",
    """
CREATE TRIGGER promotion_is_never_changed BEFORE UPDATE ON promotion
BEGIN SELECT RAISE(ABORT, 'a promotion is never changed'); END
""",
    """
CREATE TRIGGER promotion_is_never_deleted BEFORE DELETE ON promotion
BEGIN SELECT RAISE(ABORT, 'a promotion is never deleted'); END
""",
    """
INSERT INTO promotion (model_id, kind, evidence, created_at)
SELECT id, 'first', '{"note": "in use before promotions were recorded"}', created_at FROM model WHERE is_current = 1
""",
    "INSERT INTO event_kind (name) VALUES ('model refused'), ('gate set')",
    "PRAGMA user_version = 2",
)


@migrations()
def m0002_models_are_promoted(db: Database) -> None:
    """Who put which model to use and why; what each was trained on; the gate's settings; breast density."""
    for statement in _PROMOTION:
        db.execute(statement)


_DRAFTS = """
CREATE TABLE draft (
    image_id INTEGER NOT NULL REFERENCES image (id) ON DELETE CASCADE,
    reader_id INTEGER NOT NULL REFERENCES reader (id),
    tool TEXT NOT NULL CHECK (length(tool) > 0),
    points TEXT NOT NULL CHECK (json_valid(points)),
    changed_at TEXT NOT NULL,
    PRIMARY KEY (image_id, reader_id)
) STRICT
"""


@migrations()
def m0003_unfinished_contours_are_kept(db: Database) -> None:
    """One unfinished contour of each reader on each image: the only table whose rows come and go."""
    db.execute(_DRAFTS)
    db.execute("PRAGMA user_version = 3")


_READING = (
    # Who drew a finding first, and as what: a reader sees only their own until the review.
    "ALTER TABLE finding ADD COLUMN owner_id INTEGER REFERENCES reader (id)",
    """
ALTER TABLE finding ADD COLUMN role TEXT NOT NULL DEFAULT 'reader'
    CHECK (role IN ('reader', 'imported', 'adjudicated'))
""",
    """
UPDATE finding SET
    owner_id = (SELECT reader_id FROM finding_version WHERE finding_id = finding.id AND version = 1),
    role = CASE (SELECT action FROM finding_version WHERE finding_id = finding.id AND version = 1)
        WHEN 'imported' THEN 'imported' ELSE 'reader' END
""",
    """
CREATE TABLE sitting (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    reader_id INTEGER NOT NULL REFERENCES reader (id),
    arm TEXT NOT NULL CHECK (arm IN ('hidden', 'on request', 'shown')),
    began_at TEXT NOT NULL
) STRICT
""",
    # image_id has no foreign key: what a reader did stays told where the image is gone.
    """
CREATE TABLE reading_event (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    sitting_id INTEGER NOT NULL REFERENCES sitting (id),
    seconds REAL NOT NULL CHECK (seconds >= 0),
    at TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('opened', 'input', 'stroke begun', 'stroke ended', 'edit begun',
        'edit ended', 'decision', 'paused', 'resumed', 'model shown', 'model hidden', 'model requested', 'closed')),
    image_id INTEGER,
    finding_id INTEGER REFERENCES finding (id),
    details TEXT NOT NULL CHECK (json_valid(details))
) STRICT
""",
    "CREATE INDEX reading_event_image ON reading_event (image_id)",
    """
CREATE TRIGGER reading_event_is_never_changed BEFORE UPDATE ON reading_event
BEGIN SELECT RAISE(ABORT, 'what a reader did is never changed'); END
""",
    """
CREATE TRIGGER reading_event_is_never_deleted BEFORE DELETE ON reading_event
BEGIN SELECT RAISE(ABORT, 'what a reader did is never deleted'); END
""",
    # finding_version anew, since a CHECK cannot be widened; nothing refers to the table.
    """
CREATE TABLE finding_version_4 (
    finding_id INTEGER NOT NULL REFERENCES finding (id),
    version INTEGER NOT NULL CHECK (version >= 1),
    action TEXT NOT NULL CHECK (action IN ('added', 'changed', 'deleted', 'restored', 'imported')),
    reader_id INTEGER NOT NULL REFERENCES reader (id),
    finding_class TEXT NOT NULL CHECK (finding_class IN ('malignant', 'benign')),
    finding_type TEXT NOT NULL
        CHECK (finding_type IN ('unspecified', 'mass', 'calcification', 'distortion', 'asymmetry', 'other')),
    geometry TEXT NOT NULL CHECK (json_valid(geometry)),
    created_at TEXT NOT NULL,
    birads TEXT NOT NULL DEFAULT ''
        CHECK (birads IN ('', '0', '1', '2', '3', '4', '4a', '4b', '4c', '5', '6')),
    note TEXT NOT NULL DEFAULT '',
    provenance TEXT NOT NULL DEFAULT 'drawn' CHECK (provenance IN ('drawn', 'accepted', 'edited', 'imported')),
    suggested_by INTEGER REFERENCES model (id),
    suggested_box TEXT CHECK (suggested_box IS NULL OR json_valid(suggested_box)),
    suggestion_iom REAL CHECK (suggestion_iom BETWEEN 0 AND 1),
    lesion_id INTEGER REFERENCES finding (id),
    sitting_id INTEGER REFERENCES sitting (id),
    PRIMARY KEY (finding_id, version),
    CHECK ((provenance IN ('accepted', 'edited')) = (suggested_box IS NOT NULL)),
    CHECK ((suggested_box IS NULL) = (suggestion_iom IS NULL))
) STRICT
""",
    """
INSERT INTO finding_version_4 (finding_id, version, action, reader_id, finding_class, finding_type, geometry,
    created_at, provenance)
SELECT finding_id, finding_version.version, action, reader_id, finding_class, finding_type, geometry, created_at,
    CASE finding.role WHEN 'imported' THEN 'imported' ELSE 'drawn' END
FROM finding_version JOIN finding ON finding.id = finding_id
""",
    "DROP TABLE finding_version",
    "ALTER TABLE finding_version_4 RENAME TO finding_version",
    # A decision is a reader's: several readers may each have one in force.
    "ALTER TABLE decision ADD COLUMN reason TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE decision ADD COLUMN sitting_id INTEGER REFERENCES sitting (id)",
    "DROP INDEX decision_current",
    "CREATE UNIQUE INDEX decision_current ON decision (image_id, reader_id) WHERE superseded_at IS NULL",
    """
CREATE TABLE assessment (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    image_id INTEGER NOT NULL REFERENCES image (id) ON DELETE CASCADE,
    reader_id INTEGER NOT NULL REFERENCES reader (id),
    birads TEXT NOT NULL CHECK (birads IN ('', '0', '1', '2', '3', '4', '4a', '4b', '4c', '5', '6')),
    sitting_id INTEGER REFERENCES sitting (id),
    created_at TEXT NOT NULL,
    superseded_at TEXT
) STRICT
""",
    "CREATE UNIQUE INDEX assessment_current ON assessment (image_id, reader_id) WHERE superseded_at IS NULL",
    # Side and view that a reader stated where the file does not tell them; the image has the last.
    """
CREATE TABLE placement (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    image_id INTEGER NOT NULL REFERENCES image (id) ON DELETE CASCADE,
    reader_id INTEGER NOT NULL REFERENCES reader (id),
    laterality TEXT NOT NULL CHECK (laterality IN ('L', 'R', '?')),
    view TEXT NOT NULL CHECK (view IN ('CC', 'MLO', 'other', '?')),
    former_laterality TEXT NOT NULL CHECK (former_laterality IN ('L', 'R', '?')),
    former_view TEXT NOT NULL CHECK (former_view IN ('CC', 'MLO', 'other', '?')),
    created_at TEXT NOT NULL
) STRICT
""",
    # For the order of a patient's studies alone; '' where the file does not tell it or an older version imported it.
    "ALTER TABLE study ADD COLUMN date TEXT NOT NULL DEFAULT '' CHECK (date = '' OR date GLOB '[12][0-9][0-9][0-9][01][0-9][0-3][0-9]')",
    "INSERT INTO event_kind (name) VALUES ('assessment set'), ('image placed')",
    "PRAGMA user_version = 4",
)


@migrations()
def m0004_reading_is_recorded(db: Database) -> None:
    """Sittings and what readers do in them; whose each finding and decision is; BI-RADS, notes, links, suggestions, reasons."""
    for statement in _READING:
        db.execute(statement)


_EVIDENCE = (
    # Of what a model says of an image, that which rankings alone need; it goes with the prediction.
    """
CREATE TABLE evidence (
    model_id INTEGER NOT NULL,
    image_id INTEGER NOT NULL,
    embedding BLOB NOT NULL CHECK (length(embedding) >= 4 AND length(embedding) % 4 = 0),
    residual BLOB NOT NULL CHECK (length(residual) = 12),
    change REAL NOT NULL CHECK (change >= 0),
    bald REAL NOT NULL CHECK (bald >= 0),
    bald_region REAL NOT NULL CHECK (bald_region >= 0),
    PRIMARY KEY (model_id, image_id),
    FOREIGN KEY (model_id, image_id) REFERENCES prediction (model_id, image_id) ON DELETE CASCADE
) STRICT
""",
    "CREATE INDEX evidence_image ON evidence (image_id)",
    "ALTER TABLE ranking ADD COLUMN seed INTEGER NOT NULL DEFAULT 0",
    # Whoever a model was measured on stays held out, whatever program writes here.
    """
CREATE TRIGGER test_patient_stays_held_out BEFORE UPDATE ON split
WHEN OLD.split = 'test' AND (NEW.split <> 'test' OR NEW.patient_id <> OLD.patient_id) AND EXISTS (SELECT 1 FROM model)
BEGIN SELECT RAISE(ABORT, 'a test patient stays held out once a model was trained'); END
""",
    """
CREATE TRIGGER test_patient_is_not_replaced BEFORE INSERT ON split
WHEN NEW.split <> 'test' AND EXISTS (SELECT 1 FROM split WHERE patient_id = NEW.patient_id AND split = 'test')
    AND EXISTS (SELECT 1 FROM model)
BEGIN SELECT RAISE(ABORT, 'a test patient stays held out once a model was trained'); END
""",
    # Where the patient goes as a whole, the split goes too.
    """
CREATE TRIGGER test_patient_is_not_forgotten BEFORE DELETE ON split
WHEN OLD.split = 'test' AND EXISTS (SELECT 1 FROM model)
    AND EXISTS (SELECT 1 FROM patient WHERE id = OLD.patient_id)
BEGIN SELECT RAISE(ABORT, 'a test patient stays held out once a model was trained'); END
""",
    """
CREATE TRIGGER images_of_a_test_patient_stay BEFORE UPDATE OF patient_id ON study
WHEN NEW.patient_id <> OLD.patient_id AND EXISTS (SELECT 1 FROM model)
    AND EXISTS (SELECT 1 FROM split WHERE patient_id = OLD.patient_id AND split = 'test')
    AND NOT EXISTS (SELECT 1 FROM split WHERE patient_id = NEW.patient_id AND split = 'test')
BEGIN SELECT RAISE(ABORT, 'images of a test patient stay held out once a model was trained'); END
""",
    """
CREATE TRIGGER image_of_a_test_patient_stays BEFORE UPDATE OF study_id ON image
WHEN NEW.study_id <> OLD.study_id AND EXISTS (SELECT 1 FROM model)
    AND EXISTS (SELECT 1 FROM study JOIN split ON split.patient_id = study.patient_id
        WHERE study.id = OLD.study_id AND split = 'test')
    AND NOT EXISTS (SELECT 1 FROM study JOIN split ON split.patient_id = study.patient_id
        WHERE study.id = NEW.study_id AND split = 'test')
BEGIN SELECT RAISE(ABORT, 'an image of a test patient stays held out once a model was trained'); END
""",
    "PRAGMA user_version = 5",
)


@migrations()
def m0005_evidence_for_rankings(db: Database) -> None:
    """Where the head sees each image and what a contour there would change; the seed of each ranking."""
    for statement in _EVIDENCE:
        db.execute(statement)


NEWEST_VERSION = 5  # user_version after the last migration
