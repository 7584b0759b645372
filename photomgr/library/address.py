"""A picture by its address: https alone, from the open net alone, within limits, and only when it is allowed.

Every address that a name leads to is looked at before anything is sent, and the connection goes to the very one that
was looked at: a name cannot lead elsewhere in between. Redirects go through the same door.
"""

from __future__ import annotations

import http.client
import ipaddress
import os
import socket
import ssl
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urljoin, urlsplit

from .. import __version__
from ..core.containers import kind_of
from ..core.errors import ImageError, UsageError

MOST: Final = 64 << 20
"""Bytes of a picture."""
_REDIRECTS: Final = 4
_SUFFIXES: Final = {
    "JPEG": ".jpg", "PNG": ".png", "WEBP": ".webp", "GIF": ".gif", "AVIF": ".avif", "HEIF": ".heic",
    "TIFF": ".tif", "BMP": ".bmp", "JXL": ".jxl",
}  # fmt: skip
NOT_ALLOWED: Final = (
    "Fetching pictures from the net is off. Allow it once with --allow-network, or for good in the settings."
)


@dataclass(frozen=True, slots=True)
class Net:
    """The way out. ``resolve`` gives the IP addresses of a host and port, ``connect`` a socket to one of them (address,
    port, seconds), ``trust`` what certificates are checked by. A server may be silent for ``patience`` seconds, all
    of a picture may take ``longest``."""

    resolve: Callable[[str, int], list[str]]
    connect: Callable[[str, int, float], socket.socket]
    trust: Callable[[], ssl.SSLContext]
    patience: float = 15.0
    longest: float = 90.0


def is_address(text: str) -> bool:
    """Whether a text is meant as an address rather than a file."""
    return "://" in text


@contextmanager
def fetched(address: str, *, allowed: bool, net: Net | None = None) -> Iterator[Path]:
    """The picture at an address as a file that goes away afterwards. Raises as ``fetch`` does."""
    name, data = fetch(address, allowed=allowed, net=net)
    with tempfile.TemporaryDirectory(prefix="photomgr-") as folder:
        path = Path(folder) / name
        path.write_bytes(data)
        yield path


def fetch(address: str, *, allowed: bool, net: Net | None = None) -> tuple[str, bytes]:
    """The picture at an address: a name for its file, and its bytes.

    Raises UsageError when it is not ``allowed``, ImageError with the reason when the picture cannot be had.
    """
    if not allowed:
        raise UsageError(NOT_ALLOWED)
    data = _fetch(address, net or NET)
    return file_name(unquote(urlsplit(address).path), data), data


def file_name(path: str, data: bytes) -> str:
    """A name for a picture's file after the last part of ``path``. Raises ImageError for what is no picture."""
    kind = kind_of(data[:64])
    if kind not in _SUFFIXES:
        raise ImageError("There is no picture of a kind that photomgr reads at this address.")
    stem = Path(path).stem or "picture"
    name = "".join(c if c.isalnum() or c in " -_." else "_" for c in stem).strip(". ")[:80] or "picture"
    return f"{name}{_SUFFIXES[kind]}"


def _fetch(address: str, net: Net) -> bytes:
    until = time.monotonic() + net.longest
    for _ in range(_REDIRECTS + 1):
        host, port, path = _checked(address)
        connection = _Connection(host, port, _public(host, port, net), net)
        # also who sends a byte now and then is not waited for longer
        watch = threading.Timer(max(0.01, until - time.monotonic()), connection.give_up)
        watch.daemon = True
        watch.start()
        try:
            connection.request(
                "GET",
                path,
                headers={"User-Agent": f"photomgr/{__version__}", "Accept": "image/*", "Host": host},
            )
            answer = connection.getresponse()
            if answer.status in (301, 302, 303, 307, 308):
                address = urljoin(address, answer.headers.get("Location", ""))
                continue
            return _body(answer, until)
        except (OSError, http.client.HTTPException, ValueError) as error:
            late = time.monotonic() > until
            reason = "it takes too long" if late else _reason(error)
            raise ImageError(f"The picture cannot be fetched: {reason}.") from error
        finally:
            watch.cancel()
            connection.close()
    raise ImageError("The picture cannot be fetched: the address leads on and on.")


def _checked(address: str) -> tuple[str, int, str]:
    """Host, port and path of an address that may be asked. Raises ImageError."""
    try:
        parts = urlsplit(address)
        host, port = parts.hostname, parts.port or 443
    except ValueError as error:
        raise ImageError("This address cannot be read.") from error
    if parts.scheme != "https":
        raise ImageError("Pictures are fetched by https:// alone.")
    if not host or parts.username is not None or parts.password is not None or port != 443:
        raise ImageError("This address holds more than a host and a path: it is not asked.")
    try:
        name = host.encode("idna").decode("ascii") if not host.isascii() else host
    except UnicodeError as error:
        raise ImageError("This address cannot be read.") from error
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return name, port, path.encode("utf-8").decode("latin-1").replace(" ", "%20")


def _resolve(host: str, port: int) -> list[str]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(each[4][0]) for each in found]


def _public(host: str, port: int, net: Net) -> str:
    """An IP address of the host. Raises ImageError when any of them is not on the open net."""
    try:
        found = net.resolve(host, port)
    except OSError as error:
        raise ImageError(f"The picture cannot be fetched: {host} is not known.") from error
    if not found:
        raise ImageError(f"The picture cannot be fetched: {host} is not known.")
    for each in found:
        if not _is_public(each):
            raise ImageError("This address leads into a private network: it is not asked.")
    return found[0]


def _is_public(text: str) -> bool:
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return False
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)
        if inner is not None:
            return inner.is_global and not inner.is_multicast
        if address in ipaddress.ip_network("64:ff9b::/96"):
            return False
    return address.is_global and not address.is_multicast


class _Connection(http.client.HTTPSConnection):
    """To an IP address that was looked at, with the host's name for its certificate."""

    def __init__(self, host: str, port: int, ip: str, net: Net) -> None:
        super().__init__(host, port, timeout=net.patience)
        self._ip = ip
        self._net = net

    def connect(self) -> None:
        plain = self._net.connect(self._ip, self.port, self._net.patience)
        try:
            self.sock = self._net.trust().wrap_socket(plain, server_hostname=self.host)
        except BaseException:
            plain.close()
            raise

    def give_up(self) -> None:
        """Whoever waits for this connection gets an error."""
        if self.sock is not None:
            with suppress(OSError):
                self.sock.shutdown(socket.SHUT_RDWR)


def _body(answer: http.client.HTTPResponse, until: float) -> bytes:
    if answer.status != 200:
        raise ImageError(f"The picture cannot be fetched: the server says {answer.status}.")
    kind = answer.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if kind and not kind.startswith("image/") and kind != "application/octet-stream":
        raise ImageError("There is no picture at this address.")
    length = answer.headers.get("Content-Length", "")
    if length.isdigit() and int(length) > MOST:
        raise ImageError("The picture at this address is too large.")
    data = bytearray()
    while block := answer.read1(1 << 16):
        data += block
        if len(data) > MOST:
            raise ImageError("The picture at this address is too large.")
        if time.monotonic() > until:
            raise ImageError("The picture cannot be fetched: it takes too long.")
    return bytes(data)


def _reason(error: BaseException) -> str:
    if isinstance(error, TimeoutError):
        return "the server does not answer"
    if isinstance(error, ssl.SSLError):
        return "its certificate is not trusted"
    if isinstance(error, OSError) and error.strerror:
        return os.fspath(error.strerror)
    return "the server's answer makes no sense"


NET: Final = Net(
    _resolve,
    lambda ip, port, patience: socket.create_connection((ip, port), patience),
    ssl.create_default_context,
)
"""The open net."""
