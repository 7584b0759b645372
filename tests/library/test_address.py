"""Pictures by address: what is never asked, and what is refused of what comes back."""

from __future__ import annotations

import http.client
import io
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from PIL import Image

from photomgr import jobs
from photomgr.core.errors import ImageError, UsageError
from photomgr.core.paths import Paths
from photomgr.library import Library, address

_OPEN = "93.184.216.34"


def _picture() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (40, 30), (9, 90, 200)).save(out, "PNG")
    return out.getvalue()


class _Server(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        answers = {
            "/a%20b.png": (200, {"Content-Type": "image/png"}, _picture()),
            "/moved": (302, {"Location": "/a%20b.png"}, b""),
            "/in": (302, {"Location": "https://router.local/x.png"}, b""),
            "/plain": (302, {"Location": "http://open.example/a%20b.png"}, b""),
            "/round": (302, {"Location": "/round"}, b""),
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
    """A server on this machine that stands for the open net; the list is what was connected to."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Server)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    asked: list[str] = []

    class Plain(http.client.HTTPConnection):
        def __init__(self, host: str, port: int, ip: str) -> None:
            asked.append(ip)
            super().__init__("127.0.0.1", server.server_port, timeout=10)

    monkeypatch.setattr(address, "_Connection", Plain)
    monkeypatch.setattr(address, "_resolve", _resolve)
    yield asked
    server.shutdown()
    thread.join()
    server.server_close()


def _resolve(host: str, _port: int) -> list[str]:
    return {
        "open.example": [_OPEN], "router.local": ["192.168.1.1"], "both.example": [_OPEN, "10.0.0.1"],
        "me.example": ["127.0.0.1"], "six.example": ["::1"], "mapped.example": ["::ffff:10.1.2.3"],
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


@pytest.mark.parametrize("path", ["/in", "/plain", "/round", "/page", "/lie", "/large", "/none"])
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
        with pytest.raises(UsageError):
            library.exchange.save_from("https://open.example/a%20b.png")
        library.settings.set("network", True)
        first = library.exchange.save_from("https://open.example/a%20b.png")
        second = library.exchange.save_from("https://open.example/a%20b.png")
        assert (first.name, second.name) == ("a b.png", "a b-2.png")
        assert library.photo_at(first) is not None
    finally:
        library.close()
