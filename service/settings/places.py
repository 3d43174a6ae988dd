"""Where everything lies."""

from pathlib import Path

from pydantic import SecretStr

from index.media.address import MediaAddress
from service.settings.topic import Topic


class PlaceSettings(Topic):
    """Where everything lies."""

    data: Path
    """The data folder: catalog.sqlite, media/, bundles/, backbones/."""
    catalog: str | None = None
    """The catalog's database, if in PostgreSQL; by default in the data folder."""
    jobs_url: str | None = None
    """Where jobs are kept; by default beside the catalog, in the data folder or in PostgreSQL."""
    media_url: str | None = None
    """Where clips' files lie, if not in the data folder: file:///folder, or s3://bucket/prefix."""
    media_endpoint: str | None = None
    """The address of the S3 that media lie in, if it is not Amazon's."""
    media_region: str | None = None
    """The region of that S3."""
    media_key: SecretStr = SecretStr("")
    """The access key of that S3; with media_secret."""
    media_secret: SecretStr = SecretStr("")
    """The secret of that access key."""
    spool: Path | None = None
    """Where uploads wait; by default in the data folder."""
    ingest_root: Path | None = None
    """The folder of this machine that jobs may read clips below; by default none."""

    @property
    def spool_folder(self) -> Path:
        """Where uploads wait."""
        return self.spool or self.data / "spool"

    @property
    def media_at(self) -> MediaAddress:
        """Where clips' files lie; raises InvalidInput for what is no place for them."""
        return MediaAddress(
            self.media_url,
            self.media_endpoint,
            self.media_region,
            key=self.media_key.get_secret_value(),
            secret=self.media_secret.get_secret_value(),
            scratch=self.spool_folder,
        )
