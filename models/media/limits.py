"""What a file may be and cost."""

from dataclasses import dataclass, fields, replace

# By the names of their demuxers. Each holds its own sound and pictures: playlists (hls, dash, concat), session
# descriptions, image sequences and scripts can name other files and hosts, and are in no list. The images are read
# from the open file (`pipe`), never by a pattern of names.
STILLS = {
    "bmp_pipe": "BMP",
    "jpeg_pipe": "JPEG",
    "png_pipe": "PNG",
    "webp_pipe": "WebP",
}
IMAGES = STILLS | {
    "apng": "PNG that moves",
    "gif": "GIF",
}
CONTAINERS = {
    "aac": "AAC",
    "aiff": "AIFF",
    "asf": "ASF (WMA, WMV)",
    "avi": "AVI",
    "flac": "FLAC",
    "flv": "FLV",
    "h264": "H.264",
    "hevc": "HEVC",
    "ivf": "IVF",
    "m4v": "MPEG-4 video",
    "matroska": "Matroska (MKV, WebM)",
    "mp3": "MP3",
    "mp4": "MP4 (MOV, M4A, 3GP)",
    "mpeg": "MPEG",
    "mpegts": "MPEG-TS",
    "mpegvideo": "MPEG video",
    "ogg": "OGG",
    "wav": "WAV",
} | IMAGES
PICTURE_CODECS = (
    "apng av1 bmp cinepak dnxhd dvvideo ffv1 flv1 gif h263 h264 hevc mjpeg mpeg1video mpeg2video mpeg4 msmpeg4v2 "
    "msmpeg4v3 png prores rawvideo svq3 theora vc1 vp6f vp8 vp9 webp wmv1 wmv2 wmv3"
)
SOUND_CODECS = (
    "aac ac3 adpcm_ima_qt adpcm_ima_wav adpcm_ms adpcm_swf alac amr_nb amr_wb dts eac3 flac mp1 mp2 mp3 opus "
    "pcm_alaw pcm_bluray pcm_dvd pcm_f32be pcm_f32le pcm_f64be pcm_f64le pcm_mulaw pcm_s16be pcm_s16le pcm_s24be "
    "pcm_s24le pcm_s32be pcm_s32le pcm_s8 pcm_u8 speex vorbis wmapro wmav1 wmav2"
)
CODECS = (*PICTURE_CODECS.split(), *SOUND_CODECS.split())


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds on one file and on the process that decodes it; the defaults suit a server open to strangers.

    Args:
        size_bytes: of the file.
        duration_s: of its sound or pictures.
        pixels: of one picture, as stored and as scaled.
        still_pixels: the same of an image that does not move.
        total_pixels: of all pictures together; the default is five minutes of 1920 x 1080 at 60 a second, and more.
        frame_rate: pictures a second.
        sample_rate: samples a second.
        channels: of the sound; what has more than 22.2 sound has no known mix to one.
        streams: of every kind, whether they are decoded or not.
        containers, codecs: the kinds that are accepted, some of CONTAINERS and CODECS.
        wall_s, cpu_s: to decode it.
        memory_bytes: that decoding may take on top of what its process already holds.
    """

    size_bytes: int = 200 * 2**20
    duration_s: float = 300.0
    pixels: int = 3840 * 2160
    still_pixels: int = 8192 * 8192
    total_pixels: int = 40 * 10**9
    frame_rate: float = 1000.0
    sample_rate: int = 192_000
    channels: int = 24
    streams: int = 64
    containers: tuple[str, ...] = tuple(CONTAINERS)
    codecs: tuple[str, ...] = CODECS
    wall_s: float = 60.0
    cpu_s: int = 60
    memory_bytes: int = 2**30

    def __post_init__(self) -> None:
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        if odd := {name: value for name, value in values.items() if not isinstance(value, tuple) and value <= 0}:
            raise ValueError(f"limits are positive, found {odd}")
        check_known("containers", self.containers, known=tuple(CONTAINERS))
        check_known("codecs", self.codecs, known=CODECS)

    def of_kind(self, container: str) -> "Limits":
        """These, where the largest picture is that of this kind of container."""
        return replace(self, pixels=self.still_pixels) if container in STILLS else self

    @property
    def expected(self) -> str:
        """The containers, for people."""
        return f"a video, sound or image file of these kinds: {', '.join(CONTAINERS[name] for name in self.containers)}"


def check_known(kind: str, names: tuple[str, ...], *, known: tuple[str, ...]) -> None:
    """Raises ValueError unless there are names and all of them are known."""
    unknown = sorted(set(names) - set(known))
    if unknown or not names:
        raise ValueError(f"{kind}: found {', '.join(unknown) or 'none'}; expected some of {', '.join(known)}")
