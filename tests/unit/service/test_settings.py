"""Settings hold, or are refused."""

from dataclasses import replace
from pathlib import Path

import pytest
from pydantic import ValidationError

from models.errors import SettingsInvalid
from models.media.limits import Limits
from service.settings import Settings


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.9", "::1", "localhost"])
def test_a_loopback_host_needs_no_permission(host: str) -> None:
    assert Settings(data=Path(), host=host).host == host


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "example.org", ""])
def test_a_host_that_others_can_reach_is_refused_where_keys_would_be_sent_unencrypted(host: str) -> None:
    with pytest.raises(SettingsInvalid, match="tls_certificate and tls_key, or behind_tls_proxy"):
        Settings(data=Path(), host=host)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "example.org", ""])
def test_a_host_that_others_can_reach_is_refused_where_keys_are_off(host: str) -> None:
    with pytest.raises(SettingsInvalid, match="keys are off"):
        Settings(data=Path(), host=host, keys="off", behind_tls_proxy=True)


def test_a_host_that_others_can_reach_asks_for_keys_behind_a_proxy_or_with_a_certificate() -> None:
    behind = Settings(data=Path(), host="0.0.0.0", behind_tls_proxy=True)
    itself = Settings(data=Path(), host="0.0.0.0", tls_certificate=Path("c.pem"), tls_key=Path("k.pem"))
    assert all(each.asks_for_keys and each.is_encrypted for each in (behind, itself))


def test_a_certificate_without_its_key_is_refused() -> None:
    with pytest.raises(SettingsInvalid, match="both, or neither"):
        Settings(data=Path(), tls_certificate=Path("c.pem"))


def test_this_machine_asks_for_no_keys_unless_it_is_told_to_or_a_proxy_stands_in_front() -> None:
    assert not Settings(data=Path()).asks_for_keys
    assert not Settings(data=Path(), keys="off", behind_tls_proxy=True).asks_for_keys
    assert Settings(data=Path(), keys="required").asks_for_keys
    assert Settings(data=Path(), behind_tls_proxy=True).asks_for_keys


def test_keys_have_limits_where_nothing_is_set_and_others_have_none() -> None:
    plain, said = Settings(data=Path()), Settings(data=Path(), rate_limit="5/second", concurrency_limit=2)
    assert (plain.rate_limit, plain.key_rate, plain.concurrency_limit, plain.key_at_once) == (
        None,
        "600/minute",
        None,
        32,
    )
    assert (said.rate_limit, said.key_rate, said.concurrency_limit, said.key_at_once) == ("5/second", "5/second", 2, 2)


@pytest.mark.parametrize("rate", ["", "many", "60", "0/minute", "-1/minute", "1/minute;2/hour", "1/fortnight", "1/2/3"])
def test_a_rate_that_is_none_is_refused(rate: str) -> None:
    with pytest.raises(ValidationError, match="expected a number of requests in a while"):
        Settings(data=Path(), rate_limit=rate)


@pytest.mark.parametrize("origin", ["https://search.example", "http://localhost:5173", "http://[::1]:8080"])
def test_exact_origins_can_be_allowed(origin: str) -> None:
    assert Settings(data=Path(), cors_origins=("https://a.example", origin)).cors_origins[1] == origin


@pytest.mark.parametrize(
    "origin",
    [
        "*",
        "null",
        "https://*.example",
        "search.example",
        "https://a.example/",
        "ftp://a.example",
        "https://u@a.example",
    ],
)
def test_an_origin_that_is_not_exact_is_refused(origin: str) -> None:
    with pytest.raises(ValidationError, match="expected an origin such as"):
        Settings(data=Path(), cors_origins=(origin,))


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
    found = Settings(data=Path(), clip_codecs=("h264", "pcm_s16le")).limits
    assert found.containers == ("mp4", "wav")
    assert found.codecs == ("h264", "pcm_s16le")


@pytest.mark.parametrize(("name", "found"), [("clip_containers", "mp4,hls"), ("clip_codecs", "h264,exr")])
def test_a_container_or_codec_that_is_not_known_is_refused(name: str, found: str) -> None:
    with pytest.raises(ValidationError, match=f"found {found.partition(',')[2]}; expected some of"):
        Settings.model_validate({"data": ".", name: found})


def test_a_service_has_the_limits_of_its_settings_and_those_it_has_by_default() -> None:
    plain = Settings(data=Path()).limits
    assert plain == replace(Limits(), size_bytes=plain.size_bytes)
    chosen = Settings(data=Path(), clip_limit_streams=3, decode_wall_s=4.5).limits
    assert chosen == replace(plain, streams=3, wall_s=4.5, cpu_s=5)


def test_a_preview_may_take_as_long_as_the_longest_clip_plays_and_never_less_than_decoding() -> None:
    assert Settings(data=Path()).preview_limits.wall_s == 300
    assert Settings(data=Path(), clip_limit_s=7200).preview_limits.wall_s == 7200
    assert Settings(data=Path(), clip_limit_s=1).preview_limits.wall_s == 60


def test_every_setting_says_what_it_is() -> None:
    said = {name: field.description for name, field in Settings.model_fields.items()}
    assert {name for name, each in said.items() if not each or not each.endswith(".")} == set()
