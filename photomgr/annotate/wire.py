"""What an ONNX file refers to, read from its bytes without running or loading anything.

onnxruntime opens the files that a network names as external data while it loads it, wherever they lie. So that is
looked at before: this reads just as much of the protobuf wire format (https://protobuf.dev/programming-guides/encoding)
and of onnx.proto3 (https://github.com/onnx/onnx/blob/main/onnx/onnx.proto3) as names and domains take.
"""

from __future__ import annotations

import mmap
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from photomgr.core.errors import ModelError

_DEEPEST: Final = 32  # graphs within graphs
_MOST_FIELDS: Final = 4_000_000

# Field numbers of onnx.proto3, by message.
_MODEL_GRAPH, _MODEL_FUNCTIONS = 7, 25
_GRAPH_NODE, _GRAPH_INITIALIZER, _GRAPH_SPARSE = 1, 5, 15
_NODE_ATTRIBUTE, _NODE_DOMAIN = 5, 7
_ATTRIBUTE_TENSOR, _ATTRIBUTE_GRAPH, _ATTRIBUTE_TENSORS, _ATTRIBUTE_GRAPHS = 5, 6, 10, 11
_ATTRIBUTE_SPARSE, _ATTRIBUTE_SPARSES = 22, 23
_SPARSE_VALUES, _SPARSE_INDICES = 1, 2
_TENSOR_EXTERNAL = 13
_ENTRY_KEY, _ENTRY_VALUE = 1, 2
_FUNCTION_NODE, _FUNCTION_DOMAIN, _FUNCTION_DEFAULT = 7, 10, 11
_MODEL_TRAINING, _TRAINING_FIRST, _TRAINING_STEP = 20, 1, 2

_BELOW: Final = {
    "sparse": {_SPARSE_VALUES: "tensor", _SPARSE_INDICES: "tensor"},
    "graph": {_GRAPH_NODE: "node", _GRAPH_INITIALIZER: "tensor", _GRAPH_SPARSE: "sparse"},
    "node": {_NODE_ATTRIBUTE: "attribute"},
    "attribute": {
        _ATTRIBUTE_TENSOR: "tensor",
        _ATTRIBUTE_TENSORS: "tensor",
        _ATTRIBUTE_GRAPH: "graph",
        _ATTRIBUTE_GRAPHS: "graph",
        _ATTRIBUTE_SPARSE: "sparse",
        _ATTRIBUTE_SPARSES: "sparse",
    },
    "function": {_FUNCTION_NODE: "node", _FUNCTION_DEFAULT: "attribute"},
    "training": {_TRAINING_FIRST: "graph", _TRAINING_STEP: "graph"},
    "model": {_MODEL_GRAPH: "graph", _MODEL_FUNCTIONS: "function", _MODEL_TRAINING: "training"},
}


@dataclass
class Contents:
    """``external``: locations of data outside the file. ``domains``: where its operators come from, "" being ONNX
    itself. ``own``: domains that the file defines by functions of its own."""

    external: set[str] = field(default_factory=set)
    domains: set[str] = field(default_factory=set)
    own: set[str] = field(default_factory=set)
    nodes: int = 0


def read(path: Path) -> Contents:
    """Look through an ONNX file. Raises ModelError when it cannot be read or is no ONNX file."""
    try:
        with path.open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as data:
            view = memoryview(data)
            try:
                return _Walk(view).contents
            finally:
                view.release()
    except OSError as error:
        raise ModelError(f"{path} cannot be read: {error.strerror}.") from error
    except ValueError as error:  # an empty file cannot be mapped; _Broken says the rest
        raise ModelError(f"{path} is no ONNX file: {error}.") from error


class _Broken(ValueError):
    """The bytes are not what a protobuf message is made of."""


class _Walk:
    def __init__(self, data: memoryview) -> None:
        self._data = data
        self._fields = 0
        self.contents = Contents()
        self._message(0, len(data), "model", 0)
        if not self.contents.nodes:
            raise _Broken("it holds no graph")

    def _message(self, start: int, end: int, kind: str, depth: int) -> None:
        if depth > _DEEPEST:
            raise _Broken("its graphs are nested too deeply")
        inner = _BELOW.get(kind, {})
        if kind == "node":
            self.contents.nodes += 1
            self.contents.domains.add(self._text(start, end, _NODE_DOMAIN))
        elif kind == "function":
            self.contents.own.add(self._text(start, end, _FUNCTION_DOMAIN))
        for number, begin, stop in self._parts(start, end):
            if number in inner:
                below = depth + 1 if inner[number] == "graph" else depth
                self._message(begin, stop, inner[number], below)
            elif (
                kind == "tensor"
                and number == _TENSOR_EXTERNAL
                and self._text(begin, stop, _ENTRY_KEY) == "location"
            ):
                self.contents.external.add(self._text(begin, stop, _ENTRY_VALUE))

    def _text(self, start: int, end: int, wanted: int) -> str:
        """The last text of a field, as protobuf has it when one comes twice."""
        found = ""
        for number, begin, stop in self._parts(start, end):
            if number == wanted:
                found = bytes(self._data[begin:stop]).decode("utf-8", "replace")
        return found

    def _parts(self, start: int, end: int) -> Iterator[tuple[int, int, int]]:
        """(field number, begin, end) of all length-delimited fields of a message; others are passed over."""
        at = start
        while at < end:
            self._fields += 1
            if self._fields > _MOST_FIELDS:
                raise _Broken("it has too many parts")
            key, at = self._varint(at, end)
            wire = key & 7
            if key >> 3 == 0:
                raise _Broken("it has a part without a number")
            if wire == 0:
                _, at = self._varint(at, end)
            elif wire in (1, 5):
                at += 8 if wire == 1 else 4
            elif wire == 2:
                length, at = self._varint(at, end)
                if length > end - at:
                    raise _Broken("a part of it is longer than the whole")
                yield key >> 3, at, at + length
                at += length
            else:
                raise _Broken("it has a part of an unknown kind")
        if at != end:
            raise _Broken("it ends in the middle of a part")

    def _varint(self, at: int, end: int) -> tuple[int, int]:
        value = shift = 0
        while at < end and shift < 70:
            byte = self._data[at]
            value |= (byte & 0x7F) << shift
            at, shift = at + 1, shift + 7
            if not byte & 0x80:
                return value, at
        raise _Broken("it ends in the middle of a number")
