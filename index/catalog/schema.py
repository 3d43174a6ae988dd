"""The tables of the catalog, the same for SQLite and PostgreSQL."""

from sqlalchemy import (
    BigInteger,
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
)

VERSION = "1"

metadata = MetaData()


def _key(name: str = "id") -> Column[int]:
    return Column(name, Integer, primary_key=True, autoincrement=True)


def _belongs(name: str, to: str) -> Column[int]:
    return Column(name, Integer, ForeignKey(to, ondelete="CASCADE"), nullable=False)


about = Table(
    "about",
    metadata,
    Column("key", String(64), primary_key=True),
    Column("value", String(256), nullable=False),
)

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
)

generations = Table(
    "generations",
    metadata,
    _key(),
    _belongs("gallery_id", "galleries.id"),
    Column("number", Integer, nullable=False),
    Column("bundle_id", Integer, ForeignKey("bundles.id"), nullable=False),
    UniqueConstraint("gallery_id", "number"),
)

clips = Table(
    "clips",
    metadata,
    _key(),
    _belongs("gallery_id", "galleries.id"),
    Column("sha256", String(64), nullable=False),
    Column("clip_id", String(32), nullable=False),
    Column("name", String(255), nullable=False),
    Column("media_type", String(64), nullable=False),
    Column("size_bytes", BigInteger, nullable=False),
    Column("duration_s", Float, nullable=False),
    UniqueConstraint("gallery_id", "clip_id"),
    Index("clips_by_media", "sha256"),
)

labels = Table(
    "labels",
    metadata,
    Column("clip", Integer, ForeignKey("clips.id", ondelete="CASCADE"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("label", String(255), nullable=False),
)

windows = Table(
    "windows",
    metadata,
    _key(),  # the id of its vectors
    _belongs("clip", "clips.id"),
    Column("start_s", Float, nullable=False),
    Column("end_s", Float, nullable=False),
    Index("windows_of_clip", "clip"),
    sqlite_autoincrement=True,  # the id of a deleted window is never given to another one
)

features = Table(
    "features",
    metadata,
    Column("window", Integer, ForeignKey("windows.id", ondelete="CASCADE"), primary_key=True),
    Column("sense", String(5), primary_key=True),
    Column("backbone_sha256", String(64), primary_key=True),
    Column("vector", LargeBinary, nullable=False),  # float16, little-endian
)
