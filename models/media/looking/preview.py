"""A clip as an MP4 that browsers play: what is fine in it copied, the rest encoded anew and smaller."""

from dataclasses import dataclass
from pathlib import Path

import av
from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.video.stream import VideoStream

from models.errors import MediaInvalid
from models.media.limits import Limits
from models.media.looking.outlet import Outlet
from models.media.looking.playable import as_it_is, fits_mp4
from models.media.looking.reading import Reading, reading
from models.media.looking.survey import Packets, Survey, survey
from models.media.looking.tracks import SOUND_RATE, Copied, Pictures, Sound, Track

PACKET_BYTES = 48  # of an MP4's index, where each packet lies alone: stsz 4, stts 8, ctts 8, stss 4, stsc 12, co64 8
INDEX_BYTES = 8192  # what it has beside
FRAME_SAMPLES = 1024  # of AAC


@dataclass(frozen=True, slots=True)
class Preview:
    """What was made: `media_type` of the preview, and whether the file itself is it, so that nothing was written."""

    media_type: str
    is_original: bool


def preview(path: Path, limits: Limits, *, pipe: Path) -> Preview:
    """Write a clip through a pipe as an MP4 with its index in front, or nothing where browsers play the file as it is.

    A stream of H.264 (8 bits, 4:2:0), AAC or MP3 is copied, any other becomes H.264 within 854 x 480 at most 30 times a
    second, or AAC. Moments are those of the clip. Raises MediaInvalid where nothing can be decoded, TooLarge.
    """
    with reading(path, limits) as clip:
        if (media_type := as_it_is(path, clip)) is not None:
            return Preview(media_type, is_original=True)
        seen = survey(path, limits)
        _write(clip, seen, pipe)
        return Preview("audio/mp4" if seen.picture is None else "video/mp4", is_original=False)


def _write(clip: Reading, seen: Survey, pipe: Path) -> None:
    outlet = Outlet(pipe)
    try:
        options = {"moov_size": str(_index_bytes(clip, seen))}
        with av.open(outlet, "w", format="mp4", options=options) as into:
            tracks = _tracks(clip, seen, into)
            for packet in clip.packets(clip.film, clip.sound):
                if (track := tracks.get(packet.stream.index)) is not None:
                    track.take(packet)
            if not any([track.finish() for track in tracks.values()]):
                raise MediaInvalid(f"the clip is {clip.probe}, of which nothing could be decoded")
    finally:
        outlet.close()


def _tracks(clip: Reading, seen: Survey, into: OutputContainer) -> dict[int, Track]:
    """By the number of the stream that goes there."""
    tracks: dict[int, Track] = {}
    if clip.film is not None and seen.picture is not None:
        is_copied = _is_copied(clip.film, seen.film)
        tracks[clip.film.index] = Copied(clip.film, clip, into) if is_copied else Pictures(seen.picture, clip, into)
    if clip.sound is not None and seen.sound.count:
        is_copied = _is_copied(clip.sound, seen.sound)
        tracks[clip.sound.index] = Copied(clip.sound, clip, into) if is_copied else Sound(clip.sound, clip, into)
    return tracks


def _is_copied(stream: VideoStream | AudioStream | None, packets: Packets) -> bool:
    return stream is not None and packets.are_ordered and fits_mp4(stream)


def _index_bytes(clip: Reading, seen: Survey) -> int:
    """Room for the index, which is written last and lies in front: at least what any number of packets here needs."""
    film = seen.film.count * (1 if _is_copied(clip.film, seen.film) else 2)  # of some codecs a packet holds two
    sound = seen.sound.count
    if not _is_copied(clip.sound, seen.sound):
        sound += round(seen.sound.seconds * SOUND_RATE / FRAME_SAMPLES * 1.1)
    return INDEX_BYTES + PACKET_BYTES * (film + sound)
