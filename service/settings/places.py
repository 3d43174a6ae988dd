"""Where everything lies."""

from pathlib import Path

from service.settings.topic import Topic


class PlaceSettings(Topic):
    """Where everything lies."""

    data: Path
    """The data folder: catalog.sqlite, media/, bundles/, backbones/."""
    catalog: str | None = None
    """The catalog's database, if in PostgreSQL; by default in the data folder."""
    jobs_url: str | None = None
    """Where jobs are kept; by default beside the catalog, in the data folder or in PostgreSQL."""
    spool: Path | None = None
    """Where uploads wait; by default in the data folder."""
    ingest_root: Path | None = None
    """The folder of this machine that jobs may read clips below; by default none."""

    @property
    def spool_folder(self) -> Path:
        """Where uploads wait."""
        return self.spool or self.data / "spool"
