"""The tables of the catalog, the same for SQLite and PostgreSQL.

Moments are seconds since the epoch. What a migration added to a table has a default in the database: SQLite adds no
column without one, and a table made anew would give the ids of deleted windows to others.
"""

from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    UniqueConstraint,
    false,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import TypeEngine

REVISION = "0008"
"""The migration that these tables are the outcome of."""

metadata = MetaData()


Number = TypeEngine[int]
NARROW: Number = Integer()
WIDE: Number = BigInteger().with_variant(Integer(), "sqlite")
"""Of clips and windows, in 64 bits: so are all integers of SQLite, which counts rows by no other kind."""


def _key(kind: Number = NARROW) -> Column[int]:
    return Column("id", kind, primary_key=True, autoincrement=True)


def _belongs(name: str, to: str, kind: Number = NARROW) -> Column[int]:
    return Column(name, kind, ForeignKey(to, ondelete="CASCADE"), nullable=False)


def _json(name: str) -> Column[Any]:
    return Column(name, JSON().with_variant(JSONB(), "postgresql"), nullable=False, server_default="{}")


def _moment(name: str) -> Column[float]:
    return Column(name, Float, nullable=False, server_default="0")


bundles = Table(
    "bundles",
    metadata,
    _key(),
    Column("name", String(64), nullable=False),
    Column("sha256", String(64), nullable=False),  # of bundle.json, which holds the sha256 of every head
    UniqueConstraint("name", "sha256"),
)

galleries = Table(
    "galleries",
    metadata,
    _key(),
    Column("name", String(64), nullable=False, unique=True),
    Column("active_generation", Integer, nullable=False),  # its number: one column, so exactly one is active
    Column("position", BigInteger, nullable=False, server_default="0"),  # of its last change
    Column("built", BigInteger, nullable=False, server_default="0"),  # how often its vectors were built anew
)

generations = Table(
    "generations",
    metadata,
    _key(),
    _belongs("gallery_id", "galleries.id"),
    Column("number", Integer, nullable=False),
    Column("bundle_id", Integer, ForeignKey("bundles.id"), nullable=False),
    Column("state", String(8), nullable=False, server_default="ready"),  # or building
    _moment("made_at"),
    _json("report"),
    _json("biases"),  # by route
    UniqueConstraint("gallery_id", "number"),
)

clips = Table(
    "clips",
    metadata,
    _key(WIDE),
    _belongs("gallery_id", "galleries.id"),
    Column("sha256", String(64), nullable=False),
    Column("clip_id", String(32), nullable=False),
    Column("name", String(255), nullable=False),
    Column("media_type", String(64), nullable=False),
    Column("size_bytes", BigInteger, nullable=False),
    Column("duration_s", Float, nullable=False),
    _json("metadata"),
    _moment("added_at"),
    Column("rules", Integer, nullable=False, server_default="0"),  # by which it was cut and decoded; 0: not known
    UniqueConstraint("gallery_id", "clip_id"),
    Index("clips_by_media", "sha256"),
    Index("clips_by_time", "gallery_id", "added_at"),
)

labels = Table(
    "labels",
    metadata,
    Column("clip", WIDE, ForeignKey("clips.id", ondelete="CASCADE"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("label", String(255), nullable=False),
    Index("clips_by_label", "label", "clip"),
)

windows = Table(
    "windows",
    metadata,
    _key(WIDE),  # the id of its vectors
    _belongs("clip", "clips.id", WIDE),
    Column("start_s", Float, nullable=False),
    Column("end_s", Float, nullable=False),
    Column("gallery_id", Integer, nullable=False, server_default="0"),  # its clip's, so that scans need no join
    _json("absent"),  # by sense, why it has nothing of it; senses of which that is not known are not in it
    Index("windows_of_clip", "clip"),
    Index("windows_of_gallery", "gallery_id", "id"),
    sqlite_autoincrement=True,  # the id of a deleted window is never given to another one
)

features = Table(
    "features",
    metadata,
    Column("window", WIDE, ForeignKey("windows.id", ondelete="CASCADE"), primary_key=True),
    Column("sense", String(5), primary_key=True),
    Column("backbone_sha256", String(64), primary_key=True),
    Column("vector", LargeBinary, nullable=False),  # float16, little-endian
)

changes = Table(
    "changes",
    metadata,
    Column("gallery_id", Integer, ForeignKey("galleries.id", ondelete="CASCADE"), primary_key=True),
    Column("position", BigInteger, primary_key=True, autoincrement=False),
    Column("window", WIDE, nullable=False),  # which need not be there any more
    Column("kind", String(7), nullable=False),  # added, removed, or changed: it has more features, or other labels
    Column("token", BigInteger, nullable=False, server_default="0"),  # of its transaction, at random
    sqlite_with_rowid=False,
)

evaluations = Table(
    "evaluations",
    metadata,
    _key(),
    _belongs("gallery_id", "galleries.id"),
    Column("generation", Integer, nullable=False),  # its number: the figures outlive it
    Column("protocol", String(64), nullable=False),
    _json("request"),
    _json("report"),
    _moment("made_at"),
    Index("evaluations_of_gallery", "gallery_id", "id"),
    sqlite_autoincrement=True,  # the id of a deleted evaluation is never given to another one
)

maps = Table(
    "maps",
    metadata,
    Column(
        "evaluation",
        Integer,
        ForeignKey("evaluations.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    ),
    Column("content", LargeBinary, nullable=False),  # which is as large as all the report: lists leave it where it is
)

collections = Table(
    "collections",
    metadata,
    Column("name", String(255), primary_key=True),
    Column("gallery_id", Integer, nullable=False),  # which may be gone, with its generation: the collection goes after
    Column("generation", Integer, nullable=False),  # its number
    Column("space", String(64), nullable=False),
    Column("position", BigInteger, nullable=False, server_default="0"),  # of the last change that it holds
    Column("token", BigInteger, nullable=False, server_default="0"),  # of that change
    Column("is_whole", Boolean, nullable=False, server_default=false()),  # or still being filled
)

keys = Table(
    "keys",
    metadata,
    _key(),
    Column("name", String(64), nullable=False, unique=True),
    Column("digest", String(64), nullable=False, unique=True),  # sha256 of the key, which is kept nowhere
    Column("hint", String(16), nullable=False),  # its first characters, by which people tell keys apart
    _json("scopes"),  # a list
    _json("galleries"),  # a list; null for all
    Column("rate", String(32), nullable=True),  # of requests, such as 60/minute; null for the setting's
    Column("at_once", Integer, nullable=True),  # requests; null for the setting's
    _moment("made_at"),
    Column("expires_at", Float, nullable=True),
    Column("used_at", Float, nullable=True),
    Column("revoked_at", Float, nullable=True),
)

audit = Table(
    "audit",
    metadata,
    _key(),
    _moment("at"),
    Column("caller", String(64), nullable=False),  # the name of the key, which may be gone; empty without keys
    Column("request_id", String(128), nullable=False),
    Column("action", String(255), nullable=False),  # method and path
    Column("status", Integer, nullable=False),  # of the answer
    _json("detail"),
    Index("audit_by_time", "at"),
)

replies = Table(
    "replies",
    metadata,
    Column("caller", String(64), primary_key=True),
    Column("key", String(255), primary_key=True),  # that the caller chose for the request
    Column("fingerprint", String(64), nullable=False),  # sha256 of its method, address and body
    Column("status", Integer, nullable=True),  # of the answer; null while there is none
    _json("headers"),
    Column("body", LargeBinary, nullable=True),
    _moment("made_at"),
    Index("replies_by_time", "made_at"),
)

vocabularies = Table(
    "vocabularies",
    metadata,
    Column("name", String(64), primary_key=True),
    _json("classes"),  # a list of names, and of each whether it counts as seen
    Column("version", Integer, nullable=False),  # how often it was changed
    _moment("made_at"),
    _moment("changed_at"),
)
