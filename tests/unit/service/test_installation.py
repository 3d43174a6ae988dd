"""A serving install never needs torch, nor anything else of training."""

import subprocess
import sys
import tomllib
from importlib.metadata import PackageNotFoundError, requires
from pathlib import Path

from packaging.requirements import Requirement

from service.web.files import TYPES
from tests.unit.test_client import BLOCK

ROOT = Path(__file__).parents[3]
TRAINING = {"torch", "onnx", "onnxscript", "onnx_ir", "safetensors", "huggingface_hub", "training", "sklearn", "scipy"}


def test_nothing_that_serving_requires_requires_torch() -> None:
    needed = _closure("sightsound", frozenset({"cpu"}))
    assert {"fastapi", "onnxruntime", "faiss-cpu", "numpy"} <= needed
    assert not needed & {"torch", "onnxscript", "safetensors", "scikit-learn"}


def test_the_service_starts_and_answers_where_nothing_of_training_can_be_imported(library: Path) -> None:
    code = BLOCK.format(blocked=TRAINING) + (
        "from pathlib import Path\n"
        "from starlette.testclient import TestClient\n"
        "from service.app import create_app\n"
        "from service.settings import Settings\n"
        "with TestClient(create_app(Settings(data=Path(sys.argv[1]))), 'http://127.0.0.1') as client:\n"
        "    answer = client.get('/v1/galleries/demo/search?text=bell')\n"
        "print(answer.status_code, len(answer.json()['hits']))\n"
    )
    done = subprocess.run([sys.executable, "-c", code, library], capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.stdout == "200 6\n", done.stderr


def test_all_that_the_page_is_made_of_is_installed_with_it() -> None:
    """The wheel has each file of a package that git does not ignore."""
    table = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"]["wheel"]
    assert table == {"packages": ["sightsound", "service", "index", "models", "training"]}
    needed = [str(each) for each in (ROOT / "service" / "web").rglob("*") if each.suffix in (".html", *TYPES)]
    ignored = subprocess.run(["git", "check-ignore", *needed], capture_output=True, text=True, check=False, cwd=ROOT)
    assert len(needed) > 40
    assert ignored.stdout == "", ignored.stderr


def _closure(name: str, extras: frozenset[str]) -> set[str]:
    """The names of all that an installed project requires with these extras, by what is written in its metadata."""
    found: set[str] = set()
    waiting = [(name, extras)]
    done: set[tuple[str, frozenset[str]]] = set()
    while waiting:
        project, wanted = waiting.pop()
        if (project, wanted) in done:
            continue
        done.add((project, wanted))
        found.add(project.lower().replace("_", "-"))
        waiting += [(each.name, frozenset(each.extras)) for each in _requirements(project, wanted)]
    return found


def _requirements(project: str, extras: frozenset[str]) -> list[Requirement]:
    written = [Requirement(each) for each in _written(project, extras)]
    return [
        each
        for each in written
        if each.marker is None or any(each.marker.evaluate({"extra": extra}) for extra in ("", *extras))
    ]


def _written(project: str, extras: frozenset[str]) -> list[str]:
    """What a project's metadata says that it requires; our own as it stands in the tree, installed or not."""
    if project == "sightsound":
        table = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
        return [*table["dependencies"], *(each for extra in extras for each in table["optional-dependencies"][extra])]
    try:
        return requires(project) or []
    except PackageNotFoundError:  # for another platform, or an extra of a library that nobody installed
        return []
