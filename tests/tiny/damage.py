"""Files of which a stretch was overwritten, or left out, packet by packet."""

from pathlib import Path
from typing import Any, Literal

import av
from av.packet import Packet

from models.types import Sense, Window

Fate = Literal["overwritten", "left out"]
MIDDLE = Window(8, 22)


def damaged(
    clip: Path, into: Path, *, sense: Sense = "audio", stretch: Window = MIDDLE, fate: Fate = "overwritten"
) -> Path:
    """The same clip, of which nothing of a sense can be decoded within a stretch; returns `into`."""
    with av.open(str(clip)) as source, av.open(str(into), "w") as output:
        streams = {
            each.index: output.add_stream_from_template(each) for each in (*source.streams.audio, *source.streams.video)
        }
        for packet in source.demux(*(source.streams[each] for each in streams)):
            if packet.pts is None or packet.time_base is None:
                continue
            is_hit = packet.stream.type == sense and stretch.start_s <= packet.pts * packet.time_base < stretch.end_s
            if is_hit and fate == "left out":
                continue
            kept = _overwritten(packet) if is_hit else packet
            kept.stream = streams[packet.stream.index]
            output.mux(kept)
    return into


def _overwritten(packet: "Packet[Any]") -> "Packet[Any]":
    """As long, at the same moment, and nothing that a decoder makes something of, as it might of random bytes."""
    other: Packet[Any] = Packet(b"\xff" * packet.size)
    other.pts, other.dts, other.duration, other.time_base = packet.pts, packet.dts, packet.duration, packet.time_base
    other.is_keyframe = packet.is_keyframe
    return other
