"""Settings hold, or are refused."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from models.errors import SettingsInvalid
from service.settings import Settings


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.9", "::1", "localhost"])
def test_a_loopback_host_needs_no_permission(host: str) -> None:
    assert Settings(data=Path(), host=host).host == host


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "example.org", ""])
def test_a_host_that_others_can_reach_is_refused_because_there_are_no_keys(host: str) -> None:
    with pytest.raises(SettingsInvalid, match="no keys yet"):
        Settings(data=Path(), host=host)


def test_a_public_host_can_be_allowed() -> None:
    assert Settings(data=Path(), host="0.0.0.0", allow_public=True).host == "0.0.0.0"


def test_names_are_separated_by_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIGHTSOUND_NAMES", "Search.example, media.example")
    assert Settings(data=Path()).names == ("search.example", "media.example")


def test_settings_are_read_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIGHTSOUND_PORT", "9000")
    assert Settings(data=Path()).port == 9000


def test_what_is_given_by_name_wins_over_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIGHTSOUND_PORT", "9000")
    assert Settings(data=Path(), port=9001).port == 9001


def test_an_unknown_setting_is_refused() -> None:
    with pytest.raises(ValidationError, match="prot"):
        Settings.model_validate({"data": ".", "prot": 1})


def test_settings_cannot_be_changed() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        Settings(data=Path()).port = 1
