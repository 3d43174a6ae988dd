"""Where torch computes: the processor, or a graphics card that is there."""

import re

import torch

from models.errors import QueryInvalid


def device(name: str) -> torch.device:
    """The device of a name: `cpu`, `gpu` or, of several graphics cards, `cuda:1` …; `cuda` is the `gpu`.

    Raises:
        QueryInvalid: another name, or no such device here.
    """
    if not re.fullmatch(r"cpu|gpu|cuda(:\d+)?", name):
        raise QueryInvalid(f"there is no device {name!r}; there are cpu, gpu and, of several, cuda:1 …")
    there = torch.cuda.device_count()
    if name != "cpu" and int(name.partition(":")[2] or 0) >= there:
        raise QueryInvalid(f"the device {name!r} is not here: torch {torch.__version__} finds {there} CUDA devices")
    return torch.device("cuda" if name == "gpu" else name)
