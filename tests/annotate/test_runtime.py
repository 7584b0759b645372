"""Where networks run: a device that fails is left for the processor, and that is said, never printed."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import onnxruntime
import pytest
from onnxruntime.capi.onnxruntime_pybind11_state import EPFail

from photomgr.annotate import runtime
from photomgr.annotate.runtime import open_session
from photomgr.core.errors import ModelError
from tests.annotate import cards

RED = {"image": np.ones((1, 3, 32, 32), np.float32)}
CPU, CUDA = "CPUExecutionProvider", "CUDAExecutionProvider"
Real = onnxruntime.InferenceSession


class Device(Real):
    """onnxruntime's own session on the processor, which takes itself for a graphics card."""

    opens, runs, on_cpu = True, True, 0

    def _create_inference_session(self, providers: Any, options: Any, disabled: Any = None) -> None:
        self._named = str(providers[0])
        if self._named != CPU and not self.opens:
            raise RuntimeError("no such card")
        super()._create_inference_session([CPU], options, disabled)
        if self._named != CPU and not self.runs:
            self._sess = SimpleNamespace(run=self._fail, is_webgpu_graph_capture_enabled=lambda: False)

    @staticmethod
    def _fail(*_: object) -> None:
        raise EPFail("[ONNXRuntimeError] : 11 : EP_FAIL : the card was pulled out.")

    def get_providers(self) -> Sequence[str]:
        return [self._named] if self._named == CPU else [self._named, CPU]

    def get_provider_graph_assignment_info(self) -> Sequence[Any]:
        nodes = [SimpleNamespace(ep_name=CPU, get_nodes=lambda: ["MatMul"])] * self.on_cpu
        return [SimpleNamespace(ep_name=CUDA, get_nodes=lambda: ["Conv", "Relu", "Add"]), *nodes]


@pytest.fixture
def card(monkeypatch: pytest.MonkeyPatch) -> type[Device]:
    """A graphics card that works, until the test says otherwise."""

    class Card(Device):
        pass

    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: [CUDA, CPU])
    monkeypatch.setattr(onnxruntime, "InferenceSession", Card)
    return Card


@pytest.mark.parametrize("seconds", [None, 20.0])
@pytest.mark.parametrize("asked", ["auto", "cuda"])
def test_a_device_that_fails_is_left_and_that_is_said(
    card: type[Device], tmp_path: Path, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str],
    asked: str, seconds: float | None,
) -> None:  # fmt: skip
    card.runs = False
    session = open_session(cards.redness(tmp_path), provider=asked, seconds=seconds)
    assert (session.provider, session.note) == (CUDA, "")
    with caplog.at_level(logging.WARNING):
        for _ in range(2):
            assert session.run(RED)["scores"].ravel().tolist() == pytest.approx([0.9, 0.9])
    assert session.provider == CPU
    assert session.note == "The network model.onnx goes on on cpu: cuda failed (the card was pulled out)."
    assert [each.getMessage() for each in caplog.records] == [session.note]
    assert capsys.readouterr().out == ""


def test_a_device_that_cannot_be_had_is_passed_over_without_a_word_on_stdout(
    card: type[Device], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    card.opens = False
    session = open_session(cards.redness(tmp_path), provider="cuda")
    assert session.provider == CPU
    assert "asks for cuda" in session.note and "runs on cpu" in session.note
    assert capsys.readouterr().out == ""


def test_what_the_network_is_fed_is_no_fault_of_the_device(card: type[Device], tmp_path: Path) -> None:
    session = open_session(cards.redness(tmp_path), provider="cuda")
    with pytest.raises(ModelError, match="could not be run"):
        session.run({"image": np.ones((1, 1, 1, 1), np.float32)})
    assert (session.provider, session.note) == (CUDA, "")


def test_what_a_device_leaves_to_the_processor_is_said(card: type[Device], tmp_path: Path) -> None:
    model = cards.redness(tmp_path)
    assert (open_session(model).left, open_session(model).note) == ((0, 3), "")
    card.on_cpu = 2
    session = open_session(model)
    assert session.left == (2, 5)
    assert session.note == "cuda leaves 2 of the 5 operations of the network to the processor."
    assert open_session(model, provider="cpu").left == (0, 0)


def test_onnxruntime_tells_who_runs_what(tmp_path: Path) -> None:
    """The words in which it is asked are those that it knows."""
    options = onnxruntime.SessionOptions()
    options.add_session_config_entry(runtime._RECORD, "1")
    session = Real(str(cards.redness(tmp_path)), options, providers=[CPU])
    if not hasattr(session, "get_provider_graph_assignment_info"):
        pytest.skip("an older onnxruntime does not tell")
    parts = session.get_provider_graph_assignment_info()
    assert {each.ep_name for each in parts} == {CPU} and sum(len(each.get_nodes()) for each in parts) >= 2


def test_an_onnxruntime_that_does_not_tell_is_not_asked() -> None:
    assert runtime._left(SimpleNamespace(get_providers=lambda: [CUDA, CPU])) == (0, 0)
