"""The methods that can be trained, by name."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import TypeAdapter, ValidationError

from models.errors import RecipeInvalid
from models.methods import avgzslnet, cjme
from models.methods.base import Method, Task

__all__ = ["METHODS", "MethodSpec", "build", "spec"]


@dataclass(frozen=True, slots=True)
class MethodSpec:
    """A method, what a recipe may choose of it, the names of its terms (none for a closed form), and its paper."""

    build: Callable[[Task, Any], Method]
    options: type[Any]
    terms: tuple[str, ...]
    paper: str


METHODS = {
    "cjme": MethodSpec(
        build=cjme.CJME,
        options=cjme.Options,
        terms=cjme.TERMS,
        paper="Parida et al., Coordinated Joint Multimodal Embeddings for Generalized Audio-Visual Zero-shot "
        "Classification and Retrieval of Videos, WACV 2020, arXiv 1910.08732",
    ),
    "avgzslnet": MethodSpec(
        build=avgzslnet.AVGZSLNet,
        options=avgzslnet.Options,
        terms=avgzslnet.TERMS,
        paper="Mazumder et al., AVGZSLNet: Audio-Visual Generalized Zero-Shot Learning by Reconstructing Label "
        "Features from Multi-Modal Embeddings, WACV 2021, arXiv 2005.13402",
    ),
}


def spec(name: str) -> MethodSpec:
    """The method of that name; raises RecipeInvalid, naming those there are."""
    if name not in METHODS:
        raise RecipeInvalid(f"there is no method {name!r}; there are {', '.join(sorted(METHODS))}")
    return METHODS[name]


def build(name: str, task: Task, options: Mapping[str, Any]) -> Method:
    """A method with fresh weights from torch's random generator; raises RecipeInvalid on odd options."""
    found = spec(name)
    return found.build(task, checked_options(found, options))


def checked_options(found: MethodSpec, options: Mapping[str, Any]) -> Any:
    """The options of a method from a recipe's; raises RecipeInvalid naming the key that does not fit."""
    try:
        return TypeAdapter(found.options).validate_python(dict(options))
    except ValidationError as error:
        first = error.errors()[0]
        raise RecipeInvalid(f"options.{'.'.join(map(str, first['loc']))}: {first['msg']}") from error
