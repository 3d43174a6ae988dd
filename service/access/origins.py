"""Origins of pages, as browsers name them."""

import re

FORM = re.compile(r"https?://([a-z0-9_-]+(\.[a-z0-9_-]+)*|\[[0-9a-f:.]+\])(:[1-9][0-9]{0,4})?")


def checked_origin(origin: str) -> str:
    """An exact origin, such as https://search.example:8443; raises ValueError for what is none, also for * and null."""
    if FORM.fullmatch(origin):
        return origin
    raise ValueError(f"found {origin!r}; expected an origin such as https://search.example, without a path or *")
