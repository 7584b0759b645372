"""Pictures by address: what is never asked, and what is refused of what comes back."""

from __future__ import annotations

import contextlib
import io
import json
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from PIL import Image

from photomgr import jobs
from photomgr.cli.main import main
from photomgr.core.errors import ImageError, UsageError
from photomgr.core.paths import Paths
from photomgr.library import Library, address

_OPEN = "93.184.216.34"
_CERTIFICATE = Path(__file__).with_name("open_example.pem")


def _picture() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (40, 30), (9, 90, 200)).save(out, "PNG")
    return out.getvalue()


class _Server(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        if self.path == "/slow":
            with contextlib.suppress(OSError):
                while True:
                    self.wfile.write(b"X")
                    time.sleep(0.1)
        answers = {
            "/a%20b.png": (200, {"Content-Type": "image/png"}, _picture()),
            "/moved": (302, {"Location": "/a%20b.png"}, b""),
            "/in": (302, {"Location": "https://router.local/x.png"}, b""),
            "/plain": (302, {"Location": "http://open.example/a%20b.png"}, b""),
            "/round": (302, {"Location": "/round"}, b""),
            "/elsewhere": (302, {"Location": "https://other.example/a%20b.png"}, b""),
            "/page": (200, {"Content-Type": "text/html"}, b"<html>"),
            "/lie": (200, {"Content-Type": "image/png"}, b"<html>no picture"),
            "/large": (200, {"Content-Type": "image/png", "Content-Length": str(1 << 30)}, b""),
        }
        status, headers, body = answers.get(self.path, (404, {}, b""))
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def net(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """A server with a certificate on this machine, and a net on which names lead to it as if it were the open one.

    Only the resolver, the last step of connecting and whom to trust are other ones; the list is what was connected to.
    """
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Server)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(_CERTIFICATE)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    asked: list[str] = []

    def connect(ip: str, port: int, patience: float) -> socket.socket:
        asked.append(ip)
        assert port == 443
        return socket.create_connection(("127.0.0.1", server.server_port), patience)

    trust = partial(ssl.create_default_context, cafile=str(_CERTIFICATE))
    monkeypatch.setattr(address, "NET", address.Net(_resolve, connect, trust, patience=10, longest=3))
    yield asked
    server.shutdown()
    thread.join()
    server.server_close()


def _resolve(host: str, _port: int) -> list[str]:
    return {
        "open.example": [_OPEN], "other.example": [_OPEN], "router.local": ["192.168.1.1"],
        "both.example": [_OPEN, "10.0.0.1"], "me.example": ["127.0.0.1"], "six.example": ["::1"],
        "mapped.example": ["::ffff:10.1.2.3"],
        "link.example": ["fe80::1%eth0"], "meta.example": ["169.254.169.254"], "zero.example": ["0.0.0.0"],
        "many.example": ["224.0.0.1"], "64.example": ["64:ff9b::7f00:1"],
    }.get(host, [host])  # fmt: skip


def get(where: str) -> tuple[str, tuple[int, int]]:
    with address.fetched(where, allowed=True) as path, Image.open(path) as image:
        return path.name, image.size


@pytest.mark.parametrize("path", ["/a%20b.png", "/moved"])
def test_a_picture(net: list[str], path: str) -> None:
    name, size = get(f"https://open.example{path}")
    assert size == (40, 30) and name in ("a b.png", "moved.png")
    assert set(net) == {_OPEN}


def test_nothing_is_asked_unless_allowed(net: list[str]) -> None:
    with (
        pytest.raises(UsageError, match="--allow-network"),
        address.fetched("https://open.example/", allowed=False),
    ):
        pass
    assert net == []


@pytest.mark.parametrize(
    "where",
    ["http://open.example/a.png", "file:///etc/passwd", "ftp://open.example/a", "https://user:x@open.example/a.png",
     "https://open.example:8443/a.png", "https:///a.png", "https://[::1]/a.png", "https://127.0.0.1/a.png",
     "https://router.local/", "https://both.example/", "https://me.example/", "https://six.example/",
     "https://mapped.example/", "https://link.example/", "https://meta.example/", "https://zero.example/",
     "https://many.example/", "https://64.example/", "https://0x7f.1/", "https://2130706433/"],
)  # fmt: skip
def test_what_is_never_asked(net: list[str], where: str) -> None:
    with pytest.raises(ImageError):
        get(where)
    assert net == []


@pytest.mark.parametrize(
    "path", ["/in", "/plain", "/round", "/page", "/lie", "/large", "/none", "/elsewhere", "/slow"]
)
def test_what_is_refused(net: list[str], path: str) -> None:
    with pytest.raises(ImageError):
        get(f"https://open.example{path}")
    assert set(net) == {_OPEN}


def test_saved_into_the_inbox(net: list[str], tmp_path) -> None:  # type: ignore[no-untyped-def]
    (tmp_path / "photos").mkdir()
    library = Library.open(Paths.under(tmp_path / "base"))
    try:
        library.add_root(tmp_path / "photos")
        jobs.run(library.scan())

        def save() -> Path:
            return library.dropping.keep(library.dropping.fetch("https://open.example/a%20b.png"))

        with pytest.raises(UsageError):
            save()
        library.settings.set("network", True)
        first = save()
        second = save()
        assert (first.name, second.name) == ("a b.png", "a b-2.png")
        assert library.photo_at(first) is not None
    finally:
        library.close()


def test_who_is_not_who_they_say_is_not_trusted(net: list[str]) -> None:
    with pytest.raises(ImageError, match="not trusted"):
        get("https://other.example/a%20b.png")


def test_who_dawdles_is_not_waited_for(net: list[str]) -> None:
    begun = time.monotonic()
    with pytest.raises(ImageError, match="too long"):
        get("https://open.example/slow")
    assert time.monotonic() - begun < 8


def test_looked_at_without_keeping_it(net: list[str], tmp_path: Path) -> None:
    library = Library.open(Paths.under(tmp_path / "base"))
    try:
        dropped = library.dropping.fetch("https://open.example/a%20b.png", once=True)
        looked = library.dropping.look(dropped)
        assert dropped.name == "a b.png" and looked.picture.size == (40, 30)
        assert all(0 <= score <= 1 for _, score in looked.tags)
        with pytest.raises(UsageError, match="Add a folder"):
            library.dropping.keep(dropped)
        library.settings.set("inbox", str(tmp_path / "mine" / "in"))
        kept = library.dropping.keep(dropped)
        assert kept == tmp_path / "mine" / "in" / "a b.png" and library.photo_at(kept) is not None
        assert [root.path for root in library.roots()] == [tmp_path / "mine" / "in"]
        with pytest.raises(ImageError):
            library.dropping.take(b"<html>")
    finally:
        library.close()


def test_on_the_command_line(net: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    where = "https://open.example/a%20b.png"
    assert main(["suggest", where, "--json", "--top", "3", "--base", str(tmp_path)]) == 2
    assert net == []
    assert main(["suggest", where, "--json", "--top", "3", "--allow-network", "--base", str(tmp_path)]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["path"] == where and len(found["tags"]) == 3
    assert main(["suggest", "https://me.example/a.png", "--allow-network", "--base", str(tmp_path)]) == 1
    assert "private network" in capsys.readouterr().err
