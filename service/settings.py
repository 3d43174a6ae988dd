"""What a person can set about the service."""

from functools import lru_cache
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
from service.observing.place import host_and_port
from service.written import checked_origin, checked_rate

MIB = 2**20
KEY_RATE, KEY_AT_ONCE = "600/minute", 32
"""What a key may do where nothing is set. Who asks without one, on this machine, may do what they like."""


class Settings(BaseSettings):
    """The service's settings: given by name, or by environment variables such as SIGHTSOUND_PORT."""

    model_config = SettingsConfigDict(env_prefix="SIGHTSOUND_", frozen=True, extra="forbid")

    data: Annotated[Path, Field(description="The data folder: catalog.sqlite, media/, bundles/, backbones/.")]
    host: Annotated[str, Field(description="The address to listen at.")] = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535, description="The port to listen at; 0 takes any free one.")] = 8765
    keys: Annotated[
        Literal["auto", "required", "off"],
        Field(description="Whether callers need a key; auto: where others than this machine can reach the service."),
    ] = "auto"
    behind_tls_proxy: Annotated[
        bool, Field(description="That a proxy which ends TLS stands in front, and alone reaches the service.")
    ] = False
    tls_certificate: Annotated[
        Path | None, Field(description="The file of the service's certificate and its chain, in PEM; with tls_key.")
    ] = None
    tls_key: Annotated[Path | None, Field(description="The file of that certificate's private key, in PEM.")] = None
    rate_limit: Annotated[
        str | None, Field(description="The requests of one caller in a while, such as 600/minute.")
    ] = None
    concurrency_limit: Annotated[
        int | None, Field(ge=1, le=100_000, description="The requests of one caller that are answered at once.")
    ] = None
    cors_origins: Annotated[
        tuple[str, ...],
        NoDecode,
        Field(description="The origins whose pages may use the service, separated by commas."),
    ] = ()
    kept_audit_days: Annotated[
        int, Field(ge=1, le=36_500, description="After how many days the audit forgets what was done.")
    ] = 365
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
    upload_wall_s: Annotated[float, Field(gt=0, description="How long a request's body may take to come.")] = 600.0
    spool: Annotated[Path | None, Field(description="Where uploads wait; by default in the data folder.")] = None
    spool_limit_bytes: Annotated[
        int, Field(gt=0, description="What all uploads together may take while they wait.")
    ] = 2 * 2**30
    catalog: Annotated[
        str | None, Field(description="The catalog's database, if in PostgreSQL; by default in the data folder.")
    ] = None
    interactive_at_once: Annotated[
        int, Field(ge=1, le=1000, description="How many searches and reads are answered at once; more wait.")
    ] = 32
    bulk_at_once: Annotated[
        int, Field(ge=1, le=1000, description="How many additions, batch searches and reindexings are done at once.")
    ] = 4
    queue_limit: Annotated[
        int,
        Field(ge=0, le=100_000, description="How many requests of a kind wait for their turn; the next is refused."),
    ] = 128
    queue_wait_s: Annotated[float, Field(gt=0, description="How long a request waits for its turn.")] = 10.0
    drain_s: Annotated[
        float, Field(ge=0, description="How long the service, told to end, goes on unready before it takes no more.")
    ] = 0.0
    shutdown_s: Annotated[
        int, Field(ge=1, le=86_400, description="How long requests that were taken may go on after that.")
    ] = 30
    ingest_root: Annotated[
        Path | None, Field(description="The folder of this machine that jobs may read clips below; by default none.")
    ] = None
    fetch_urls: Annotated[bool, Field(description="Allow jobs to fetch clips by https from public hosts.")] = False
    fetch_hosts: Annotated[
        tuple[str, ...],
        NoDecode,
        Field(description="The only hosts to fetch from, separated by commas; .name stands for all below it."),
    ] = ()
    fetch_ports: Annotated[
        tuple[int, ...], NoDecode, Field(min_length=1, description="The ports to fetch from, separated by commas.")
    ] = (443,)
    fetch_wall_s: Annotated[float, Field(gt=0, description="How long fetching one clip may take.")] = 300.0
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
    log_format: Annotated[
        Literal["text", "json"], Field(description="Log lines for people, or each a JSON object.")
    ] = "text"
    log_level: Annotated[
        Literal["debug", "info", "warning", "error"], Field(description="What is logged: this and what is worse.")
    ] = "info"
    log_requests: Annotated[bool, Field(description="A log line for each request, without what it asked.")] = True
    metrics_address: Annotated[
        str | None,
        Field(description="host:port of this machine that /metrics is answered at as well, asking nobody for a key."),
    ] = None
    traces_url: Annotated[
        str | None, Field(description="Where traces are sent, by OTLP over HTTP; by default nowhere.")
    ] = None
    traces_share: Annotated[
        float, Field(ge=0, le=1, description="The share of the traces that begin here which is sent.")
    ] = 1.0
    probe_share: Annotated[
        float,
        Field(ge=0, le=1, description="The share of a core for comparing live searches with exact ones; 0: none."),
    ] = 0.01
    kept_generations: Annotated[
        int, Field(ge=0, le=1000, description="How many generations before the active one are kept for a rollback.")
    ] = 2
    kept_jobs_days: Annotated[
        int, Field(ge=1, le=36_500, description="After how many days jobs that have ended are forgotten.")
    ] = 30
    kept_replies_hours: Annotated[
        int, Field(ge=1, le=8760, description="How long answers to requests with an Idempotency-Key are kept.")
    ] = 24
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
    def spool_folder(self) -> Path:
        """Where uploads wait."""
        return self.spool or self.data / "spool"

    @property
    def running(self) -> Running:
        """How backbones are run."""
        return Running(device=self.backbone_device, threads=self.backbone_threads, batch=self.backbone_batch)

    @property
    def asks_for_keys(self) -> bool:
        """Whether callers need a key."""
        is_reached = self.behind_tls_proxy or not _is_loopback(self.host)
        return self.keys == "required" or (self.keys == "auto" and is_reached)

    @property
    def is_encrypted(self) -> bool:
        """Whether callers speak TLS, to the service or to a proxy in front of it."""
        return self.behind_tls_proxy or self.tls_certificate is not None

    @property
    def key_rate(self) -> str:
        """The requests of a key that says nothing of its own."""
        return self.rate_limit or KEY_RATE

    @property
    def key_at_once(self) -> int:
        """The requests at once of a key that says nothing of its own."""
        return self.concurrency_limit or KEY_AT_ONCE

    @field_validator("rate_limit")
    @classmethod
    def _rate_known(cls, rate: str | None) -> str | None:
        return None if rate is None else checked_rate(rate)

    @field_validator("cors_origins")
    @classmethod
    def _origins_exact(cls, origins: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(checked_origin(each) for each in origins)

    @field_validator("metrics_address")
    @classmethod
    def _metrics_are_local(cls, address: str | None) -> str | None:
        """They name every gallery, to whoever asks."""
        if address is None or _is_loopback(host_and_port(address)[0]):
            return address
        raise ValueError(
            f"found {address!r}, which other machines can reach without a key; expected an address of this machine, as "
            "127.0.0.1:9464: others ask for /metrics with a key of scope observe"
        )

    @field_validator(
        "names", "cors_origins", "clip_containers", "clip_codecs", "fetch_hosts", "fetch_ports", mode="before"
    )
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
    def _uploads_fit_the_spool(self) -> "Settings":
        if self.spool_limit_bytes < self.upload_limit_bytes:
            raise SettingsInvalid(
                f"spool_limit_bytes is {self.spool_limit_bytes}, expected room for one upload, which may have "
                f"{self.upload_limit_bytes} bytes (upload_limit_bytes)"
            )
        return self

    @model_validator(mode="after")
    def _is_guarded(self) -> "Settings":
        """What others can reach asks for keys, and keys travel encrypted."""
        if (self.tls_certificate is None) != (self.tls_key is None):
            raise SettingsInvalid("expected tls_certificate and tls_key both, or neither; found one of them")
        if _is_loopback(self.host):
            return self
        if self.keys == "off":
            raise SettingsInvalid(
                f"host {self.host!r} can be reached from other machines, and keys are off; "
                "expected keys auto or required, or the host 127.0.0.1, ::1 or localhost"
            )
        if not self.is_encrypted:
            raise SettingsInvalid(
                f"host {self.host!r} can be reached from other machines, and keys would be sent unencrypted; expected "
                "tls_certificate and tls_key, or behind_tls_proxy, or the host 127.0.0.1, ::1 or localhost"
            )
        return self

    def is_own_name(self, name: str) -> bool:
        """Whether a request for this host name is meant for the service.

        Any address is, where it listens at all of them: only a name can be made to point here by somebody else.
        """
        everywhere = self.host in ("", "0.0.0.0", "::")
        return name in (self.host.lower(), *self.names) or _is_loopback(name) or (everywhere and _is_address(name))


@lru_cache(maxsize=256)
def _is_loopback(host: str) -> bool:
    return host == "localhost" or (_is_address(host) and ip_address(host).is_loopback)


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
