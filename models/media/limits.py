"""What a file may cost."""

from dataclasses import dataclass, fields


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds on one file and on the process that decodes it; the defaults suit a server open to strangers.

    Args:
        size_bytes: of the file.
        duration_s: of its sound or pictures.
        pixels: of one picture, as stored and as scaled.
        wall_s, cpu_s: to decode it.
        memory_bytes: that decoding may take on top of what its process already holds.
    """

    size_bytes: int = 200 * 2**20
    duration_s: float = 300.0
    pixels: int = 3840 * 2160
    wall_s: float = 60.0
    cpu_s: int = 60
    memory_bytes: int = 2**30

    def __post_init__(self) -> None:
        if odd := {field.name: getattr(self, field.name) for field in fields(self) if getattr(self, field.name) <= 0}:
            raise ValueError(f"limits are positive, found {odd}")
