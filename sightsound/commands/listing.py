"""How `sightsound --help` lists commands: by what they are for, each with all that its first sentence says."""

from typing import TYPE_CHECKING

from typer.core import TyperGroup

if TYPE_CHECKING:
    from typer._click import Context, HelpFormatter  # the parameters' types have no public name


class Listing(TyperGroup):
    """Commands below the names of their panels, in the order they were told."""

    def format_commands(self, ctx: "Context", formatter: "HelpFormatter") -> None:
        """Write a section a panel."""
        panels: dict[str, list[tuple[str, str]]] = {}
        for name, command in self.commands.items():
            panel = str(getattr(command, "rich_help_panel", "Commands"))
            panels.setdefault(panel, []).append((name, (command.help or "").split(";")[0].rstrip(".")))
        for panel, rows in panels.items():
            with formatter.section(panel):
                formatter.write_dl(rows)
