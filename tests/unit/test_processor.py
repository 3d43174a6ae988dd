"""What numpy is told of the processor."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from models.processor import AVX512, spare_zen_4

DISABLED, ENABLED = "NPY_DISABLE_CPU_FEATURES", "NPY_ENABLE_CPU_FEATURES"


def cpuinfo(folder: Path, *, vendor: str, family: int, flags: str) -> Path:
    """As Linux writes it of two cores."""
    core = f"vendor_id\t: {vendor}\ncpu family\t: {family}\nmodel name\t: any: of them\nflags\t\t: fpu {flags} sse\n"
    file = folder / "cpuinfo"
    file.write_text(f"processor\t: 0\n{core}\nprocessor\t: 1\n{core}\n")
    return file


@pytest.fixture(autouse=True)
def nothing_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """To numpy, by whoever runs the tests or by models itself."""
    for name in (DISABLED, ENABLED):
        monkeypatch.setenv(name, "")  # so that what a test sets is undone after it
        monkeypatch.delenv(name)


def test_numpy_does_without_avx512_on_zen_4(tmp_path: Path) -> None:
    spare_zen_4(cpuinfo(tmp_path, vendor="AuthenticAMD", family=25, flags="avx512f"))

    assert os.environ[DISABLED] == AVX512


@pytest.mark.parametrize(
    ("vendor", "family", "flags"),
    [("GenuineIntel", 6, "avx512f"), ("AuthenticAMD", 26, "avx512f"), ("AuthenticAMD", 25, "avx2")],
    ids=["intel", "zen 5", "zen 3"],
)
def test_numpy_takes_what_any_other_processor_has(tmp_path: Path, vendor: str, family: int, flags: str) -> None:
    spare_zen_4(cpuinfo(tmp_path, vendor=vendor, family=family, flags=flags))

    assert DISABLED not in os.environ


def test_a_system_without_cpuinfo_is_left_alone(tmp_path: Path) -> None:
    spare_zen_4(tmp_path / "cpuinfo")

    assert DISABLED not in os.environ


@pytest.mark.parametrize("name", [DISABLED, ENABLED])
def test_what_its_user_said_to_numpy_holds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, "AVX2")

    spare_zen_4(cpuinfo(tmp_path, vendor="AuthenticAMD", family=25, flags="avx512f"))

    assert {DISABLED: os.environ.get(DISABLED), ENABLED: os.environ.get(ENABLED)}[name] == "AVX2"
    assert AVX512 not in (os.environ.get(DISABLED), os.environ.get(ENABLED))


def test_numpy_knows_the_feature_by_this_name() -> None:
    code = "import models, numpy; from numpy._core._multiarray_umath import __cpu_features__ as f; print(f['X86_V4'])"
    has = subprocess.run(
        [sys.executable, "-c", code.replace("import models, ", "import ")], capture_output=True, text=True
    )
    if has.stdout.strip() != "True":
        pytest.skip(f"this processor, or numpy, has no {AVX512}")

    told = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, env=os.environ | {DISABLED: AVX512}
    )

    assert (told.stdout.strip(), told.stderr) == ("False", "")
