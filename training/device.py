"""Where torch computes: the processor, or a graphics card that is there."""

import torch

from models.errors import QueryInvalid

KINDS = ("cpu", "cuda")


def device(name: str) -> torch.device:
    """The device of a name: `cpu`, `cuda` or, of several graphics cards, `cuda:1` …

    Raises:
        QueryInvalid: another name, or no such device here.
    """
    kind, _, number = name.partition(":")
    if kind not in KINDS or (number and not (kind == "cuda" and number.isdecimal())):
        raise QueryInvalid(f"there is no device {name!r}; there are {', '.join(KINDS)}")
    there = torch.cuda.device_count() if kind == "cuda" else 1
    if int(number or 0) >= there:
        raise QueryInvalid(f"the device {name!r} is not here: torch {torch.__version__} finds {there} CUDA devices")
    return torch.device(name)
