"""Settings hold, or are refused."""

from dataclasses import replace
from pathlib import Path

import pytest
from pydantic import ValidationError

from models.errors import SettingsInvalid
from models.media.limits import Limits
from service.resources import limits
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


def test_accepted_containers_and_codecs_can_be_fewer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIGHTSOUND_CLIP_CONTAINERS", "mp4, WAV")
    found = limits(Settings(data=Path(), clip_codecs=("h264", "pcm_s16le")))
    assert found.containers == ("mp4", "wav")
    assert found.codecs == ("h264", "pcm_s16le")


@pytest.mark.parametrize(("name", "found"), [("clip_containers", "mp4,hls"), ("clip_codecs", "h264,exr")])
def test_a_container_or_codec_that_is_not_known_is_refused(name: str, found: str) -> None:
    with pytest.raises(ValidationError, match=f"found {found.partition(',')[2]}; expected some of"):
        Settings.model_validate({"data": ".", name: found})


def test_a_service_has_the_limits_of_its_settings_and_those_it_has_by_default() -> None:
    plain = limits(Settings(data=Path()))
    assert plain == replace(Limits(), size_bytes=plain.size_bytes)
    assert limits(Settings(data=Path(), clip_limit_streams=3, decode_cpu_s=5)) == replace(plain, streams=3, cpu_s=5)
