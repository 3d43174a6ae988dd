"""Archives of bundles, good and bad."""

import stat
import tarfile
from collections.abc import Callable, Mapping
from io import BytesIO
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

Files = Mapping[str, bytes]


def files_of(folder: Path) -> dict[str, bytes]:
    """The files of a bundle, by name."""
    return {each.name: each.read_bytes() for each in sorted(folder.iterdir())}


def zipped(files: Files, *, prefix: str = "", kind: int = ZIP_DEFLATED) -> bytes:
    """A zip of these files, whose names all begin with `prefix`."""
    into = BytesIO()
    with ZipFile(into, "w", kind) as archive:
        for name, content in files.items():
            archive.writestr(ZipInfo(prefix + name), content, kind)
    return into.getvalue()


def tarred(files: Files, *extra: tarfile.TarInfo, prefix: str = "", format: int = tarfile.PAX_FORMAT) -> bytes:
    """A tar of these files, and of members without content."""
    into = BytesIO()
    with tarfile.open(fileobj=into, mode="w", format=format) as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(prefix + name)
            member.size = len(content)
            archive.addfile(member, BytesIO(content))
        for each in extra:
            archive.addfile(each)
    return into.getvalue()


def special(name: str, kind: bytes, to: str = "") -> tarfile.TarInfo:
    """A link, device, folder or pipe."""
    member = tarfile.TarInfo(name)
    member.type, member.linkname = kind, to
    return member


def _zip_link(files: Files) -> bytes:
    into = BytesIO()
    with ZipFile(into, "w") as archive:
        link = ZipInfo("card.md")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc/passwd")
        for name, content in files.items():
            if name != "card.md":
                archive.writestr(name, content)
    return into.getvalue()


def _sparse(files: Files) -> bytes:
    member = tarfile.TarInfo("extra.onnx")
    member.pax_headers = {"GNU.sparse.major": "0", "GNU.sparse.minor": "1", "GNU.sparse.map": "0,0,99999999999,0"}
    member.pax_headers |= {"GNU.sparse.size": "99999999999"}
    return tarred(files, member)


def _encrypted(files: Files) -> bytes:
    content = bytearray(zipped(files))
    at = content.index(b"PK\x01\x02")
    content[at + 8] |= 1
    return bytes(content)


def _smaller_than_said(files: Files) -> bytes:
    """The first member says in the list that it has a byte more."""
    content = bytearray(zipped(files, kind=ZIP_STORED))
    at = content.index(b"PK\x01\x02")
    content[at + 24] ^= 1
    return bytes(content)


def _deep(files: Files) -> bytes:
    """Thousands of long names one after another, which readers follow by calling themselves."""
    names = b""
    for _ in range(1500):
        member = special("././@LongLink", tarfile.GNUTYPE_LONGNAME)
        member.size = 1
        names += member.tobuf(tarfile.GNU_FORMAT) + b"x".ljust(512, b"\0")
    return names + tarred(files)


def _with(files: Files, name: str) -> dict[str, bytes]:
    return {**files, name: b"content"}


BAD: Mapping[str, tuple[Callable[[Files], bytes], str]] = {
    "nothing of an archive": (lambda files: b"words" * 100, "no whole"),
    "a zip cut in half": (lambda files: zipped(files)[: len(zipped(files)) // 2], "zip"),
    "a tar cut within its first file": (lambda files: tarred(files)[:700], "no whole|another size"),
    "a zip with a path to above": (lambda files: zipped(_with(files, "../evil.onnx")), "evil"),
    "a zip with all of it above": (lambda files: zipped(files, prefix="../"), "holds"),
    "a zip with an absolute path": (lambda files: zipped(_with(files, "/tmp/evil.onnx")), "evil"),
    "a zip with all of it at the root": (lambda files: zipped(files, prefix="/"), "holds"),
    "a zip with a backslash": (lambda files: zipped(_with(files, "..\\evil.onnx")), "evil"),
    "a zip with a folder in its folder": (lambda files: zipped(files, prefix="a/b/"), "holds"),
    "a zip of two folders": (
        lambda files: zipped({f"a/{n}": c for n, c in files.items()} | {"b/x.onnx": b""}),
        "holds",
    ),
    "a zip with a file of another kind": (lambda files: zipped(_with(files, "run.py")), "run.py"),
    "a zip with a hidden file": (lambda files: zipped(_with(files, ".onnx")), "holds"),
    "a zip with a name beyond ASCII": (lambda files: zipped(_with(files, "\uff41udio.onnx")), "holds"),
    "a zip with one name in two cases": (lambda files: zipped(_with(files, "AUDIO.onnx")), "twice"),
    "a zip with a link": (_zip_link, "link"),
    "a zip with an encrypted file": (_encrypted, "encrypted"),
    "a zip whose list lies": (_smaller_than_said, "no whole|another size"),
    "a zip with something behind it": (lambda files: zipped(files) + b"more", "list of members"),
    "a zip with a head too many": (lambda files: zipped(_with(files, "other.onnx")), "do not fit"),
    "a zip without its card": (lambda files: zipped({n: c for n, c in files.items() if n != "card.md"}), "do not fit"),
    "a zip without its manifest": (
        lambda files: zipped({n: c for n, c in files.items() if n[0] != "b"}),
        "bundle.json",
    ),
    "a zip with an altered head": (lambda files: zipped({**files, "audio.onnx": b"another"}), "sha256"),
    "a tar with a link": (lambda files: tarred(files, special("x.onnx", tarfile.SYMTYPE, "/etc/passwd")), "link"),
    "a tar with a hard link": (lambda files: tarred(files, special("x.onnx", tarfile.LNKTYPE, "card.md")), "link"),
    "a tar with a device": (lambda files: tarred(files, special("x.onnx", tarfile.CHRTYPE)), "device"),
    "a tar with a pipe": (lambda files: tarred(files, special("x.onnx", tarfile.FIFOTYPE)), "device"),
    "a tar with a folder": (lambda files: tarred(files, special("folder", tarfile.DIRTYPE)), "holds|plain"),
    "a tar with a sparse file": (_sparse, "sparse"),
    "a tar with a path to above": (lambda files: tarred(_with(files, "../evil.onnx")), "evil"),
    "a tar of thousands of long names": (_deep, "no whole|holds"),
}
"""By what is wrong with them: how they are made of a good bundle's files, and what the refusal says."""

LARGE: Mapping[str, Callable[[Files], bytes]] = {
    "a zip that unpacks to a thousand times its size": lambda files: zipped({"x.onnx": bytes(150 * 2**20)}),
    "a zip of thousands of files": lambda files: zipped({f"{i}.onnx": b"" for i in range(5000)}),
    "a zip of a few hundred files": lambda files: zipped({f"{i}.onnx": b"" for i in range(201)}),
    "a tar of a few hundred files": lambda files: tarred({f"{i}.onnx": b"" for i in range(201)}),
    "a card of more than a MiB": lambda files: tarred({**files, "card.md": bytes(2**20 + 1)}),
    "a manifest of more than 16 MiB": lambda files: tarred({**files, "bundle.json": bytes(2**24 + 1)}),
}
