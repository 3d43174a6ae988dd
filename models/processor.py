"""What numpy must know of the processor before it is loaded."""

import os
from pathlib import Path

CPUINFO = Path("/proc/cpuinfo")
ZEN_4 = {"vendor_id": "AuthenticAMD", "cpu family": "25"}
"""Zen 3 too, which has no AVX-512 to do without."""
AVX512 = "X86_V4"
"""Numpy's name for it, and for all that needs it."""


def spare_zen_4(cpuinfo: Path = CPUINFO) -> None:
    """Have numpy sort with AVX2 on AMD's Zen 4: four times as fast as with AVX-512 there.

    Numpy's AVX-512 sort writes by compressed stores, which Zen 4 takes more than a hundred cycles for (numpy pull
    request 32690; OpenJDK's sort leaves AVX-512 to others for the same reason, its pull request 24053). Nothing is
    changed where numpy is loaded already, or whoever runs this has said what numpy may use.
    """
    if "NPY_ENABLE_CPU_FEATURES" not in os.environ and _is_zen_4(cpuinfo):
        os.environ.setdefault("NPY_DISABLE_CPU_FEATURES", AVX512)


def _is_zen_4(cpuinfo: Path) -> bool:
    if not cpuinfo.exists():
        return False
    first, *_ = cpuinfo.read_text().split("\n\n")
    known = {key.strip(): value.strip() for key, _, value in (line.partition(":") for line in first.splitlines())}
    return ZEN_4.items() <= known.items() and "avx512f" in known.get("flags", "").split()
