"""What a person can set about the service."""

from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from index.vectors.kinds import IndexOptions
from index.vectors.milvus_address import Address
from models.errors import SettingsInvalid
from models.features.running import Running
from models.media.limits import CODECS, CONTAINERS, check_known

MIB = 2**20


class Settings(BaseSettings):
    """The service's settings: given by name, or by environment variables such as SIGHTSOUND_PORT."""

    model_config = SettingsConfigDict(env_prefix="SIGHTSOUND_", frozen=True, extra="forbid")

    data: Annotated[Path, Field(description="The data folder: catalog.sqlite, media/, bundles/, backbones/.")]
    host: Annotated[str, Field(description="The address to listen at.")] = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535, description="The port to listen at; 0 takes any free one.")] = 8765
    allow_public: Annotated[bool, Field(description="Allow a host that others can reach. Nothing asks for keys.")] = (
        False
    )
    names: Annotated[
        tuple[str, ...],
        NoDecode,
        Field(description="Other host names that the service is reached by, separated by commas."),
    ] = ()
    upload_limit_bytes: Annotated[int, Field(gt=0, description="The largest request body.")] = 100 * MIB
    clip_limit_s: Annotated[float, Field(gt=0, description="The longest uploaded clip, in seconds.")] = 300.0
    clip_limit_pixels: Annotated[int, Field(gt=0, description="The largest picture of an uploaded clip.")] = 3840 * 2160
    clip_limit_still_pixels: Annotated[int, Field(gt=0, description="The largest uploaded image.")] = 8192 * 8192
    clip_limit_total_pixels: Annotated[
        int, Field(gt=0, description="The pixels of all pictures of an uploaded clip together.")
    ] = 40 * 10**9
    clip_limit_frame_rate: Annotated[float, Field(gt=0, description="The most pictures a second.")] = 1000.0
    clip_limit_sample_rate: Annotated[int, Field(gt=0, description="The most samples of sound a second.")] = 192_000
    clip_limit_channels: Annotated[int, Field(gt=0, description="The most channels of sound.")] = 24
    clip_limit_streams: Annotated[int, Field(gt=0, le=1000, description="The most streams of every kind.")] = 64
    clip_containers: Annotated[
        tuple[str, ...], NoDecode, Field(description="The containers that are accepted, separated by commas.")
    ] = tuple(CONTAINERS)
    clip_codecs: Annotated[
        tuple[str, ...], NoDecode, Field(description="The codecs that are accepted, separated by commas.")
    ] = CODECS
    decode_workers: Annotated[int, Field(ge=1, le=64, description="How many clips are decoded at once.")] = 2
    decode_wall_s: Annotated[float, Field(gt=0, description="How long decoding one clip may take.")] = 60.0
    decode_cpu_s: Annotated[int, Field(gt=0, description="The processor time that decoding one clip may take.")] = 60
    decode_memory_bytes: Annotated[int, Field(gt=0, description="The memory that decoding one clip may take.")] = 2**30
    preview_workers: Annotated[int, Field(ge=1, le=64, description="How many previews are made at once.")] = 1
    preview_wall_s: Annotated[float, Field(gt=0, description="How long making one preview may take.")] = 300.0
    derived_limit_bytes: Annotated[
        int, Field(gt=0, description="The room for thumbnails, waveforms and previews; the least recently used go.")
    ] = 2 * 2**30
    backbone_device: Annotated[
        Literal["cpu", "gpu"], Field(description="Where backbones run; on the CPU where there is no GPU.")
    ] = "cpu"
    backbone_threads: Annotated[
        int | None, Field(ge=1, le=1024, description="How many windows run at once; by default one a core.")
    ] = None
    backbone_batch: Annotated[
        int | None,
        Field(ge=1, le=65_536, description="The most frames a call of a backbone; by default as suits the device."),
    ] = None
    remembered_bytes: Annotated[
        int, Field(ge=0, description="How much is kept in memory of the features of clips that were asked with.")
    ] = 32 * MIB
    spool: Annotated[Path | None, Field(description="Where uploads wait; by default the system's folder.")] = None
    catalog: Annotated[
        str | None, Field(description="The catalog's database, if in PostgreSQL; by default in the data folder.")
    ] = None
    ingest_root: Annotated[
        Path | None, Field(description="The folder of this machine that jobs may read clips below; by default none.")
    ] = None
    job_workers: Annotated[
        int, Field(ge=0, le=64, description="How many jobs run in this process at once; 0 leaves them to others.")
    ] = 1
    job_stall_s: Annotated[float, Field(gt=0, description="A job without progress for so long has failed.")] = 600.0
    index_kind: Annotated[
        Literal["auto", "flat", "hnsw", "ivfpq"],
        Field(description="How vectors are searched; auto goes by number."),
    ] = "auto"
    index_device: Annotated[
        Literal["cpu", "gpu"], Field(description="Where vectors are searched; on the CPU where there is no GPU.")
    ] = "cpu"
    index_recall: Annotated[
        float, Field(gt=0, le=1, description="The recall at 10 that an approximate index must reach.")
    ] = 0.99
    milvus_uri: Annotated[
        str | None,
        Field(description="The Milvus that the vectors of new generations lie in; by default they lie in the process."),
    ] = None
    milvus_token: Annotated[SecretStr, Field(description="What that Milvus asks for: user:password, or a key.")] = (
        SecretStr("")
    )
    kept_generations: Annotated[
        int, Field(ge=0, le=1000, description="How many generations before the active one are kept for a rollback.")
    ] = 2
    kept_jobs_days: Annotated[
        int, Field(ge=1, le=36_500, description="After how many days jobs that have ended are forgotten.")
    ] = 30
    jobs_url: Annotated[
        str | None,
        Field(description="Where jobs are kept; by default beside the catalog, in the data folder or in PostgreSQL."),
    ] = None

    @property
    def vectors(self) -> IndexOptions:
        """What is asked of every vector table; raises InvalidInput for a URI that is none, DependencyMissing."""
        token = self.milvus_token.get_secret_value()
        return IndexOptions(
            kind=self.index_kind,
            recall=self.index_recall,
            device=self.index_device,
            milvus=None if self.milvus_uri is None else Address(self.milvus_uri, token),
        )

    @property
    def running(self) -> Running:
        """How backbones are run."""
        return Running(device=self.backbone_device, threads=self.backbone_threads, batch=self.backbone_batch)

    @field_validator("names", "clip_containers", "clip_codecs", mode="before")
    @classmethod
    def _split(cls, names: object) -> object:
        return [each.strip().lower() for each in names.split(",") if each.strip()] if isinstance(names, str) else names

    @field_validator("clip_containers")
    @classmethod
    def _containers_known(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        check_known("containers", names, known=tuple(CONTAINERS))
        return names

    @field_validator("clip_codecs")
    @classmethod
    def _codecs_known(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        check_known("codecs", names, known=CODECS)
        return names

    @model_validator(mode="after")
    def _is_private(self) -> "Settings":
        if not self.allow_public and not _is_loopback(self.host):
            raise SettingsInvalid(
                f"host {self.host!r} can be reached from other machines and there are no keys yet; "
                "expected 127.0.0.1, ::1 or localhost, or allow_public"
            )
        return self

    def is_own_name(self, name: str) -> bool:
        """Whether a request for this host name is meant for the service.

        Any address is, where it listens at all of them: only a name can be made to point here by somebody else.
        """
        everywhere = self.host in ("", "0.0.0.0", "::")
        return name in (self.host.lower(), *self.names) or _is_loopback(name) or (everywhere and _is_address(name))


def _is_loopback(host: str) -> bool:
    return host == "localhost" or (_is_address(host) and ip_address(host).is_loopback)


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
