"""Keys count alike in every process, and TLS needs no proxy."""

import ssl
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from shutil import which

import httpx
import pytest
from starlette.testclient import TestClient

from index.catalog.keys import Grant
from index.galleries import Galleries
from models.errors import SettingsInvalid
from service.access.keyring import LIFE_S
from service.app import create_app
from service.serving import check_certificate
from service.settings import Settings
from tests.unit.service.access.conftest import by
from tests.unit.service.asking import DEMO, OWN
from tests.unit.service.waiting import PATIENCE_S

ROOT = Path(__file__).parents[4]
MANAGE = """
import sys
from index.catalog.database import Database
from index.catalog.keys import Grant
from index.keys import Keys
keys = Keys(Database(sys.argv[1]))
print(keys.create(Grant(sys.argv[3], ("search",)))[0] if sys.argv[2] == "create" else keys.revoke(sys.argv[3]).name)
"""


def _elsewhere(data: Path, *what: str) -> str:
    """What another process says that creates or revokes a key."""
    command = [sys.executable, "-c", MANAGE, f"sqlite:///{data / 'catalog.sqlite'}", *what]
    return subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout.strip()


def test_what_another_process_does_to_keys_counts_within_seconds(own_library: Path) -> None:
    with closing(Galleries.open(own_library)) as galleries:
        galleries.keys.create(Grant("first", ("admin",)))
    with TestClient(create_app(Settings(data=own_library, keys="required")), OWN) as client:
        secret = _elsewhere(own_library, "create", "ada")
        assert client.get(DEMO, headers=by(secret)).status_code == 200
        _elsewhere(own_library, "revoke", "ada")
        end = time.monotonic() + LIFE_S + 10
        while (found := client.get(DEMO, headers=by(secret)).status_code) == 200:
            assert time.monotonic() < end
            time.sleep(0.1)
        assert found == 401


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[Path, Path]:
    """A certificate of 127.0.0.1 that nobody signed, and its key."""
    if (openssl := which("openssl")) is None:
        pytest.skip("needs the program openssl")
    made, key = tmp_path / "certificate.pem", tmp_path / "key.pem"
    what = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-days", "2"]
    curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    command = [openssl, "req", "-x509", *curve, *what, "-keyout", str(key), "-out", str(made)]
    subprocess.run(command, check=True, capture_output=True)
    return made, key


def test_the_service_speaks_tls_with_a_certificate_of_its_own(
    own_library: Path, certificate: tuple[Path, Path]
) -> None:
    secret = _elsewhere(own_library, "create", "ada")
    code = (
        "import sys; from service.serving import serve; from service.settings import Settings; "
        "serve(Settings(data=sys.argv[1], host='0.0.0.0', port=0, job_workers=0, tls_certificate=sys.argv[2], "
        "tls_key=sys.argv[3]), announce=lambda address: print(address, flush=True))"
    )
    command = [sys.executable, "-c", code, str(own_library), *map(str, certificate)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            address = process.stdout.readline().strip().replace("0.0.0.0", "127.0.0.1")
            assert address.startswith("https://")
            tls = ssl.create_default_context(cafile=str(certificate[0]))
            with httpx.Client(base_url=address, verify=tls, timeout=PATIENCE_S) as client:
                found = client.get(DEMO, headers=by(secret))
                assert (found.status_code, client.get(DEMO).status_code) == (200, 401)
                assert found.headers["strict-transport-security"] == "max-age=31536000"
        finally:
            process.kill()


def test_a_certificate_that_cannot_be_used_is_refused(tmp_path: Path, certificate: tuple[Path, Path]) -> None:
    made, key = certificate
    for one, other in ((made, tmp_path / "nothing.pem"), (tmp_path / "nothing.pem", key), (key, made)):
        with pytest.raises(SettingsInvalid, match="expected a certificate and its private key"):
            check_certificate(Settings(data=tmp_path, tls_certificate=one, tls_key=other))
    check_certificate(Settings(data=tmp_path, tls_certificate=made, tls_key=key))


def test_a_key_with_a_pass_phrase_is_refused_and_no_terminal_asked(
    tmp_path: Path, certificate: tuple[Path, Path]
) -> None:
    made, key = certificate
    locked = tmp_path / "locked.pem"
    command = ["openssl", "ec", "-in", str(key), "-aes128", "-passout", "pass:words", "-out", str(locked)]
    subprocess.run(command, check=True, capture_output=True)
    with pytest.raises(
        SettingsInvalid, match=r"locked\.pem is encrypted; expected a private key without a pass phrase"
    ):
        check_certificate(Settings(data=tmp_path, tls_certificate=made, tls_key=locked))
