"""The README's way from an empty folder to a search of one's own clips, by small networks in place of CLIP and CLAP."""

import shlex
from pathlib import Path

import pytest

from sightsound.cli import run
from tests.documents import ROOT, examples
from tests.tiny.clips import tiny_clip
from tests.tiny.hub_server import HubServer

SMALL = {"clip-vit-b-32": "tiny-clip", "clap-htsat-unfused": "tiny-clap"}


def test_the_readme_leads_from_an_empty_folder_to_a_search_of_ones_own_clips(
    hub: HubServer,
    catalogue: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    tiny_clip(tmp_path / "Videos" / "dogs" / "rex.mp4")
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path / "empty")
    monkeypatch.setenv("SIGHTSOUND_HUB", hub.address)
    walk = next(each.text for each in examples(ROOT / "README.md") if "from-pretrained" in each.text).splitlines()
    assert (walk[0].split()[0], walk[-1]) == ("pip", "sightsound serve")
    for line in walk[1:-1]:
        asked = [SMALL.get(each, each) for each in shlex.split(line.replace("~", str(tmp_path)))[1:]]
        more = ["--catalogue", str(catalogue)] if "pull" in asked else []
        capsys.readouterr()
        assert run([*asked, *more]) == 0, line
    assert "search" in walk[-2]
    assert "dogs" in capsys.readouterr().out
