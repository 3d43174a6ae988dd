"""The packets of a container."""

from collections.abc import Iterator
from typing import Any

from av.container import InputContainer
from av.packet import Packet
from av.stream import Stream


def packets_of(container: InputContainer, *streams: Stream) -> "Iterator[Packet[Any]]":
    """Those of some of its streams, in the order of the file, and of each an empty one at the end."""
    try:
        yield from container.demux(*streams)
    except IndexError:
        # Broadcasts can begin streams in the middle. PyAV, at the end, looks for those too among the ones it knew.
        return
