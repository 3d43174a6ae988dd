"""axe-core over a page as it stands: each rule that it breaks, with the elements that do."""

from collections.abc import Sequence

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

TAGS = ("wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice")
CONTRAST = ("color-contrast",)
"""All that depends on the look alone."""


def violations(page: Page, *, rules: Sequence[str] = ()) -> list[str]:
    """What breaks one of these rules, by default any with one of the tags: "rule: what it wants, at this element"."""
    only = {"type": "rule", "values": [*rules]} if rules else {"type": "tag", "values": [*TAGS]}
    found = Axe().run(page, options={"runOnly": only, "resultTypes": ["violations"]}).response["violations"]
    return [f"{rule['id']}: {rule['help']}, at {_place(node)}" for rule in found for node in rule["nodes"]]


def _place(node: dict[str, object]) -> str:
    return f"{node['target']} {str(node['html'])[:160]}"
