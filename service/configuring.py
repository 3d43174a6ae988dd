"""Settings from a file, the environment and the command line, and where each of them came from."""

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from pydantic import ValidationError
from pydantic_settings import EnvSettingsSource

from models.errors import SettingsInvalid
from models.faults import Fault, faults_of
from service.settings import Settings

Origin = Literal["option", "environment", "file", "default"]
FILE = Path("sightsound.toml")
FILE_VARIABLE = "SIGHTSOUND_CONFIG"
VARIABLE = str(Settings.model_config["env_prefix"])
"""What the variable of each setting begins with."""
DATA = Path("sightsound-data")
ASKING = frozenset({"server", "key", "config", "hub", "offline"})
"""Variables of commands, which are no settings of the service."""


@dataclass(frozen=True, slots=True)
class Configured:
    """Settings, of each its origin, and variables that look like settings and are none."""

    settings: Settings
    origins: Mapping[str, Origin]
    file: Path | None
    unknown: tuple[str, ...]


def configured(options: Mapping[str, Any], *, file: Path | None = None) -> Configured:
    """What an option says, else a variable such as SIGHTSOUND_PORT, else the file, else the default.

    Args:
        options: by name; None for those that were not given.
        file: a TOML file of settings by name; by default the one that SIGHTSOUND_CONFIG names, else `sightsound.toml`
            in the working directory where there is one.

    Raises:
        SettingsInvalid: the file cannot be read, or names what is no setting, or a setting cannot hold: with what was
            found, and where.
    """
    place = _place(file)
    layers: dict[Origin, Mapping[str, Any]] = {
        "default": {"data": DATA},
        "file": _read(place),
        "environment": EnvSettingsSource(Settings)(),
        "option": {name: value for name, value in options.items() if value is not None},
    }
    said: dict[str, Any] = {}
    origins: dict[str, Origin] = dict.fromkeys(Settings.model_fields, "default")
    for origin, layer in layers.items():
        said |= layer
        origins |= dict.fromkeys(layer, origin)
    try:
        return Configured(Settings(**said), origins, place, _unknown())
    except ValidationError as error:
        faults = faults_of(error.errors(include_url=False))
        told = (f"{_shown(each)}{_from(each, origins, place)}" for each in faults)
        raise SettingsInvalid("; ".join(told)) from error


def _shown(fault: Fault) -> Fault:
    """A fault without what may have a secret in it."""
    return replace(fault, found="an address") if "://" in fault.found else fault


def _from(fault: Fault, origins: Mapping[str, Origin], file: Path | None) -> str:
    """Where a setting that does not hold came from, to be put behind what is wrong with it."""
    name = fault.where.partition(".")[0]
    return {
        "option": f" (from the option --{name.replace('_', '-')})",
        "environment": f" (from the variable {VARIABLE}{name.upper()})",
        "file": f" (from {file})",
    }.get(origins.get(name, "default"), "")


def _place(file: Path | None) -> Path | None:
    named = os.environ.get(FILE_VARIABLE)
    if file is not None or named:
        return file or Path(str(named))
    return FILE if FILE.is_file() else None


def _read(place: Path | None) -> Mapping[str, Any]:
    if place is None:
        return {}
    try:
        found = tomllib.loads(place.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise SettingsInvalid(f"the settings in {place} cannot be read: {error}") from error
    if odd := sorted(found.keys() - Settings.model_fields.keys()):
        raise SettingsInvalid(f"{place} sets {', '.join(odd)}; expected settings such as data, host, port")
    return found


def _unknown() -> tuple[str, ...]:
    known = {f"{VARIABLE}{name}".upper() for name in {*Settings.model_fields, *ASKING}}
    return tuple(sorted(each for each in os.environ if each.startswith(VARIABLE) and each not in known))
