"""The page's scripts, styles and icons, read once, and addressed so that a browser keeps them."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from gzip import compress
from hashlib import sha256
from pathlib import Path
from posixpath import dirname, join, normpath

WEB = Path(__file__).parent
TYPES = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}
"""What of the folder is answered, by its suffix, and as what."""
COMMENT = re.compile(rb"^ *(?:/\*.*?\*/|//[^\n]*)\n", re.MULTILINE | re.DOTALL)
"""Lines that are a comment, of scripts and styles: for who reads the file, and an eighth of what would be sent."""
IMPORTED = re.compile(r"""^(?:import|export)\b(?:[^"';]*\bfrom)?\s*["'](\.[^"']+\.js)["']""", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class File:
    """A file of the page: its bytes, also compressed, and the tag that both are known by."""

    content: bytes
    compressed: bytes
    media_type: str
    tag: str

    @classmethod
    def of(cls, content: bytes, media_type: str) -> "File":
        """What these bytes are as a file."""
        return cls(content, compress(content, mtime=0), media_type, f'W/"{sha256(content).hexdigest()[:20]}"')


def read_all(folder: Path = WEB) -> Mapping[str, File]:
    """Every file that is answered, as it is sent, by its path below the folder."""
    found = sorted(each for each in folder.rglob("*") if each.suffix in TYPES)
    sent = {each: COMMENT.sub(b"", each.read_bytes()) for each in found}
    return {each.relative_to(folder).as_posix(): File.of(content, TYPES[each.suffix]) for each, content in sent.items()}


def version_of(files: Mapping[str, File]) -> str:
    """What all of them are together: another one as soon as one of them is."""
    return sha256("".join(f"{path} {file.tag}\n" for path, file in files.items()).encode()).hexdigest()[:12]


def needed_by(module: str, files: Mapping[str, File]) -> list[str]:
    """What a module imports, and so on, itself first: so that a browser asks for all at once."""
    found = dict[str, None]({module: None})
    waiting = [module]
    while waiting:
        fresh = [each for each in _imports(waiting.pop(), files) if each not in found]
        found.update(dict.fromkeys(fresh))
        waiting += fresh
    return list(found)


def _imports(module: str, files: Mapping[str, File]) -> Iterator[str]:
    for found in IMPORTED.findall(files[module].content.decode()):
        yield normpath(join(dirname(module), found))
