"""An upgrade of a folder that the version before has made, and the way back to that version, by the document.

What stands for the version before is the code as it was before the newest revision of the catalog.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from index.catalog.migrating import known_revisions
from index.catalog.schema import REVISION
from tests.operations.place import DATA, ODD, REFUSED, Place, add, hits
from tests.operations.recipes import recipe

MAKES = "import sys, pathlib, tests.tiny.bundles as made; made.tiny_library(pathlib.Path(sys.argv[1]))"
VERIFIES = ("-m", "sightsound", "gallery", "verify", "--json", "--data")
EARLIER = known_revisions()[-2]


def by_code(code: Path, data: Path, *command: str, status: int = 0) -> str:
    """What a version prints of a data folder; where it refuses it, why."""
    command = (sys.executable, *command, str(data))
    with TemporaryDirectory() as left:  # in the way of temporary files
        own = {**os.environ, "TMPDIR": left}
        done = subprocess.run(command, cwd=code, env=own, capture_output=True, text=True, check=False)
    assert done.returncode == status, done.stdout + done.stderr
    return done.stderr if status == REFUSED else done.stdout


def test_an_upgraded_folder_leaves_a_copy_by_which_the_version_before_goes_on(before: Path, tmp_path: Path) -> None:
    place, data = Place(tmp_path), tmp_path / DATA
    by_code(before, data, "-c", MAKES)
    with place.serving() as client:
        assert len(hits(client)) > 0
        add(client, tmp_path, 0)
    assert (data / f"catalog.sqlite.{EARLIER}").is_file()
    refusal = by_code(before, data, *VERIFIES, status=REFUSED)
    assert f"revision {REVISION}" in refusal
    assert EARLIER in refusal

    for command in recipe("rm -f"):
        place.told(command.replace("0001", EARLIER))
    (stray,) = json.loads(by_code(before, data, *VERIFIES, status=ODD))
    assert stray["what"] == "stray"  # the file of the clip that was added since
