"""A real TLS server on loopback, with a certificate made for the test, that answers as it is told."""

import socket
import ssl
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from shutil import which
from threading import Thread

import pytest

Answer = bytes | Callable[[ssl.SSLSocket], None]
HOST = "clips.example.org"


class HttpsServer:
    """Answers by path: bytes are sent as they are, a function gets the connection; `asked` has the requests' heads."""

    def __init__(self, listener: socket.socket, context: ssl.SSLContext) -> None:
        self.answers: dict[str, Answer] = {}
        self.asked: list[bytes] = []
        self.port: int = listener.getsockname()[1]
        self._listener, self._context = listener, context

    def url(self, path: str, *, host: str = HOST) -> str:
        """The address of a path at a host name, which a test's resolver leads here."""
        return f"https://{host}:{self.port}{path}"

    def run(self) -> None:
        """Answer until the listener is closed."""
        with suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with suppress(OSError), connection, self._context.wrap_socket(connection, server_side=True) as secured:
            head = b""
            while b"\r\n\r\n" not in head:
                if not (more := secured.recv(65536)):
                    return  # whoever asks nothing more is not waited for without end
                head += more
            self.asked.append(head)
            answer = self.answers[head.split()[1].decode()]
            if callable(answer):
                answer(secured)
            else:
                secured.sendall(answer)


def answered(body: bytes, *, status: int = 200, headers: str = "") -> bytes:
    """A whole answer with its length."""
    return f"HTTP/1.1 {status} Said\r\nContent-Length: {len(body)}\r\n{headers}\r\n".encode() + body


def redirect(to: str) -> bytes:
    """An answer that sends the caller elsewhere."""
    return answered(b"", status=302, headers=f"Location: {to}\r\n")


@contextmanager
def https_server(certificate: Path) -> Iterator[HttpsServer]:
    """The server, with a certificate that `make_certificate` wrote."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, certificate.with_suffix(".key"))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = HttpsServer(listener, context)
        thread = Thread(target=server.run, daemon=True)
        thread.start()
        try:
            yield server
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join(5)


def make_certificate(folder: Path) -> Path:
    """A certificate of HOST that vouches for itself, its key beside it; skips the test where no program makes one."""
    if which("openssl") is None:
        pytest.skip("openssl is not installed: apt-get install openssl")
    path = folder / "host.pem"
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    command += ["-days", "2", "-subj", "/CN=test", "-addext", f"subjectAltName=DNS:{HOST}"]
    command += ["-keyout", str(path.with_suffix(".key")), "-out", str(path)]
    subprocess.run(command, check=True, capture_output=True)
    return path
