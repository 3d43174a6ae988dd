"""Files that name other files or hosts, plainly and in disguise; and what else may lie in a container."""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.faults.corpus.good import good
from tests.faults.corpus.matroska import attached, matroska_of, track
from tests.tiny.containers import box, element, pointing_at
from tests.unit.media.test_reach import KINDS

TARGETS = (
    "/etc/passwd",
    "file:///etc/passwd",
    "../secret.mp4",
    "http://127.0.0.1:9/clip.mp4",
    "https://127.0.0.1:9/clip.mp4",
    "tcp://127.0.0.1:9",
    "udp://127.0.0.1:9",
    "rtmp://127.0.0.1:9/live",
    "concat:/etc/passwd|/etc/hosts",
    "subfile,,start,0,end,100,,:/etc/passwd",
    "crypto+file:/etc/passwd",
    "data:video/mp4;base64,AAAA",
    "pipe:0",
    "fd:0",
)
OTHERS = {
    "asx": '<asx version="3.0"><entry><ref href="{}"/></entry></asx>',
    "pls": "[playlist]\nFile1={}\nNumberOfEntries=1\n",
    "smil": '<smil><body><video src="{}"/></body></smil>',
    "svg": '<svg xmlns="http://www.w3.org/2000/svg"><image href="{}"/></svg>',
    "script": 'AVISource("{}")\n',
    "metadata": ";FFMETADATA1\ntitle={}\n",
    "encrypted list": '#EXTM3U\n#EXT-X-KEY:METHOD=AES-128,URI="{0}"\n#EXT-X-MAP:URI="{0}"\n#EXTINF:1,\n{0}\n',
    "smooth": '<SmoothStreamingMedia MajorVersion="2" Duration="0"><StreamIndex Url="{}"/></SmoothStreamingMedia>',
    "film of film": '<?quicktime type="application/x-quicktime-media-link"?><embed src="{}"/>',
}
SUBTITLES = {
    "srt": "1\n00:00:00,000 --> 99:59:59,999\n<font face='../x'>words</font>\n\n",
    "vtt": "WEBVTT\n\n00:00.000 --> 00:01.000\nwords\n",
    "ass": "[Script Info]\nScriptType: v4.00+\n[Events]\nDialogue: 0,0:00:00.00,0:00:05.00,D,,0,0,0,,{\\fnevil}words\n",
    "lrc": "[00:01.00]words\n",
    "sub": "{0}{25}words\n",
    "sami": "<SAMI><BODY><SYNC Start=0><P>words</SAMI>",
}


def references() -> Iterator[tuple[str, bytes]]:
    """All of them, by what they are."""
    for target in TARGETS:
        for kind, written in KINDS.items():
            yield f"{kind} of {target}", written(target).encode()
        yield f"film at {target}", _film_at(target)
    for name, text in OTHERS.items():
        yield f"{name} of a file", text.format("/etc/passwd").encode()
        yield f"{name} of a host", text.format("http://127.0.0.1:9/").encode()
    for kind, written in KINDS.items():
        yield f"{kind} behind a head", good("mp4")[:64] + written("/etc/passwd").encode()
        yield f"{kind} behind a clip", good("mp3") + written("/etc/passwd").encode()
        yield f"{kind} in 16 bits", written("/etc/passwd").encode("utf-16")
    for name, text in SUBTITLES.items():
        yield f"subtitles, {name}", text.encode() * 100
    yield from _in_matroska()


def _film_at(target: str) -> bytes:
    """A MOV whose content is said to lie there."""
    with TemporaryDirectory() as folder:
        clip = Path(folder, "clip.mov")
        clip.write_bytes(good("mp4"))
        named = target if "://" in target else target.ljust(2)
        return pointing_at(named, clip=clip, path=Path(folder, "film.mov")).read_bytes()


def _in_matroska() -> Iterator[tuple[str, bytes]]:
    """What Matroska can hold or point to beside sound and pictures."""
    font, script = b"\0\1\0\0" + bytes(5000), b"#!/bin/sh\ntouch /tmp/reached\n"
    words = track(1, "S_TEXT/UTF8", type_=17)
    yield "a font beside", attached("../../font.ttf", "application/x-truetype-font", font)
    yield "a script beside", attached("/bin/x", "text/x-sh", script)
    yield "a thousand things beside", attached("x", "image/png", b"x", count=1000)
    yield "words alone", matroska_of(words, block=b"words")
    yield "a link to another file", matroska_of(track(1, "A_AAC"), about=element("3eb923", bytes(16)))
    yield "a name of the next file", matroska_of(track(1, "A_AAC"), about=element("3e83bb", b"/etc/passwd"))
    yield "a reference film", box(b"ftyp", b"qt  \0\0\2\0") + box(b"moov", _reference(b"file:///etc/passwd"))
    yield "a compressed reference", box(b"moov", box(b"cmov", box(b"dcom", b"zlib") + box(b"cmvd", bytes(4))))


def _reference(target: bytes) -> bytes:
    """Source: QuickTime File Format, "Reference Movies"."""
    return box(b"rmra", box(b"rmda", box(b"rdrf", bytes(4) + b"url " + len(target).to_bytes(4, "big") + target)))
