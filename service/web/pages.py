"""The pages as HTML, made once of their templates: nothing of a request is ever in one."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from service.web.files import WEB, File, needed_by

TEMPLATES = WEB / "templates"


@dataclass(frozen=True, slots=True)
class Page:
    """A page: its name is that of its template, of its module, and of its style, where it has one.

    `within`: the name that the navigation marks while one is there.
    """

    name: str
    within: str

    @property
    def module(self) -> str:
        """Its own script."""
        return f"modules/pages/{self.name}.js"

    def styles(self, files: Mapping[str, File]) -> list[str]:
        """What every page has, then its own."""
        every = ["style/tokens.css", "style/base.css", "style/frame.css", "style/states.css"]
        return [*every, *(each for each in [f"style/{self.name}.css"] if each in files)]


def render(page: Page, files: Mapping[str, File], *, version: str) -> str:
    """A page as a browser gets it; `version` is in the address of each of its files."""
    modules = list(dict.fromkeys([*needed_by("modules/frame.js", files), *needed_by(page.module, files)]))
    template = _environment().get_template(f"{page.name}.html")
    return template.render(page=page, web=f"/web/{version}", styles=page.styles(files), modules=modules)


@cache
def _environment() -> Environment:
    """One for all pages, as it remembers what it compiled: the frame takes longer than all that is in it."""
    return Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
