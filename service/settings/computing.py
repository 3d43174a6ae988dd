"""What answers are computed with: backbones and vectors, and where those lie."""

from typing import Annotated, Literal

from pydantic import Field, SecretStr

from index.vectors.kinds import IndexOptions
from index.vectors.milvus_address import Address
from models.features.running import Device, Running
from service.settings.topic import Topic


class ComputingSettings(Topic):
    """What answers are computed with: backbones and vectors, and where those lie."""

    device: Device = "cpu"
    """Where encoders and heads run and vectors are searched; on the CPU where there is no GPU."""
    backbone_threads: Annotated[int, Field(ge=1, le=1024)] | None = None
    """How many windows run at once; by default one a core."""
    backbone_batch: Annotated[int, Field(ge=1, le=65_536)] | None = None
    """The most frames a call of a backbone; by default as suits the device."""
    remembered_bytes: Annotated[int, Field(ge=0)] = 32 * 2**20
    """How much is kept in memory of the features of clips that were asked with."""
    index_kind: Literal["auto", "flat", "hnsw", "ivfpq"] = "auto"
    """How vectors are searched; auto goes by number."""
    index_recall: Annotated[float, Field(gt=0, le=1)] = 0.99
    """The recall at 10 that an approximate index must reach."""
    milvus_uri: str | None = None
    """The Milvus that the vectors of new generations lie in; by default they lie in the process."""
    milvus_token: SecretStr = SecretStr("")
    """What that Milvus asks for: user:password, or a key."""
    kept_generations: Annotated[int, Field(ge=0, le=1000)] = 2
    """How many generations before the active one are kept for a rollback."""

    @property
    def running(self) -> Running:
        """How backbones and text encoders are run."""
        return Running(device=self.device, threads=self.backbone_threads, batch=self.backbone_batch)

    @property
    def vectors(self) -> IndexOptions:
        """What is asked of every vector table; raises InvalidInput for a URI that is none, DependencyMissing."""
        token = self.milvus_token.get_secret_value()
        return IndexOptions(
            kind=self.index_kind,
            recall=self.index_recall,
            device=self.device,
            milvus=None if self.milvus_uri is None else Address(self.milvus_uri, token),
        )
