"""Cards of the five teachers, and small hand-made networks, well-behaved and hostile."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from photomgr.core.assets import resources_dir
from tests.photos import SHARED

SHIPPED = resources_dir() / "cards"
LABELS = {
    "mobilenet_edgetpu": SHARED / "models" / "mobilenet_v2" / "imagenet_labels.txt",
    "mobilenet_v2": SHARED / "models" / "mobilenet_v2" / "imagenet_labels.txt",
    "object_labeler": SHARED / "models" / "object_labeler" / "labels_en.txt",
}
"""Where the labels lie that a shipped card wants beside it."""

SCENES = tuple(f"scene {n}" for n in range(1, 41))
"""The scene network comes without a list of its classes."""

TEACHERS = ("mobilenet_edgetpu", "mobilenet_v2", "object_labeler", "deeplab_ade20k", "yolox_nano")


def teacher(folder: Path, name: str) -> tuple[Path, Path]:
    """The ONNX file of a teacher as it lies in ``../shared/models``, and its card in ``folder``: the one that ships."""
    folder.mkdir(parents=True, exist_ok=True)
    card = folder / f"{name}.toml"
    if name == "deeplab_ade20k":
        card.write_text(_scenes())
    else:
        shutil.copyfile(SHIPPED / f"{name}.toml", card)
    if name in LABELS:
        shutil.copyfile(LABELS[name], folder / LABELS[name].name)
    return SHARED / "models" / name / "model.onnx", card


def _scenes() -> str:
    labels = ", ".join(f'"{label}"' for label in SCENES)
    return f"""
[network]
name = "scenes"
kind = "tagger"
licence = "Apache-2.0"
origin = "shared/models/deeplab_ade20k"
[input]
size = 512
range = [-1, 1]
[output]
scores = "n520"
per_pixel = true
background = 0
[labels]
list = [{labels}]
[thresholds]
default = 0.05
"""


def card_text(
    name: str = "reds", kind: str = "tagger", labels: tuple[str, ...] = ("crimson", "rust"), more: str = ""
) -> str:
    """A card for :func:`redness` or a network of the same shape."""
    listed = ", ".join(f'"{label}"' for label in labels)
    return f"""
[network]
name = "{name}"
kind = "{kind}"
licence = "CC0-1.0"
origin = "made here"
[input]
size = 32
range = [0, 1]
[output]
scores = "scores"
{more}
[labels]
list = [{listed}]
"""


def embedding_text(name: str = "alike") -> str:
    """A card for :func:`blind_to_red`."""
    card = card_text(name, "embedding").replace('scores = "scores"', 'embedding = "embedding"')
    return card.partition("[labels]")[0]


def write(folder: Path, nodes: list[onnx.NodeProto], *, constants: dict[str, np.ndarray] | None = None,
          outputs: dict[str, list[int]] | None = None, name: str = "model.onnx", **more: object) -> Path:  # fmt: skip
    """An ONNX file with an input ``image`` [1, 3, 32, 32] and the given outputs (default: ``scores`` [1, 2])."""
    folder.mkdir(parents=True, exist_ok=True)
    made = [numpy_helper.from_array(value, key) for key, value in (constants or {}).items()]
    out = [
        helper.make_tensor_value_info(key, TensorProto.FLOAT, shape)
        for key, shape in (outputs or {"scores": [1, 2]}).items()
    ]
    image = helper.make_tensor_value_info("image", TensorProto.FLOAT, [1, 3, 32, 32])
    graph = helper.make_graph(nodes, "made here", [image], out, made)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9, **more)
    path = folder / name
    path.write_bytes(model.SerializeToString())
    return path


def redness(folder: Path, labels: int = 2) -> Path:
    """Every score is how red the picture is on average, from 0 to 1."""
    weights = np.zeros((3, labels), np.float32)
    weights[0] = 0.9
    return write(
        folder,
        [
            helper.make_node("GlobalAveragePool", ["image"], ["mean"]),
            helper.make_node("Flatten", ["mean"], ["flat"]),
            helper.make_node("MatMul", ["flat", "weights"], ["scores"]),
        ],
        constants={"weights": weights},
        outputs={"scores": [1, labels]},
    )


def blind_to_red(folder: Path, length: int = 16) -> Path:
    """An embedding of the mean colour, which is no number where a picture is redder than any of the trial."""
    weights = np.tile(np.eye(3, dtype=np.float32), (1, length))[:, :length]
    return write(
        folder,
        [
            helper.make_node("GlobalAveragePool", ["image"], ["mean"]),
            helper.make_node("Flatten", ["mean"], ["flat"]),
            helper.make_node("MatMul", ["flat", "weights"], ["colours"]),
            helper.make_node("Slice", ["flat", "first", "second", "axes"], ["red"]),
            helper.make_node("Sub", ["most", "red"], ["left"]),
            helper.make_node("Sqrt", ["left"], ["root"]),
            helper.make_node("Add", ["colours", "root"], ["embedding"]),
        ],
        constants={
            "weights": weights, "most": np.array(0.75, np.float32),
            "first": np.array([0], np.int64), "second": np.array([1], np.int64), "axes": np.array([1], np.int64),
        },
        outputs={"embedding": [1, length]},
    )  # fmt: skip


def nothing_but_nan(folder: Path) -> Path:
    return write(
        folder, [helper.make_node("Identity", ["nan"], ["scores"])],
        constants={"nan": np.full((1, 2), np.nan, np.float32)},
    )  # fmt: skip


def words(folder: Path) -> Path:
    """Its answer is text."""
    node = helper.make_node("Cast", ["numbers"], ["scores"], to=TensorProto.STRING)
    path = write(folder, [node], constants={"numbers": np.ones((1, 2), np.float32)})
    model = onnx.load(str(path))
    model.graph.output[0].type.tensor_type.elem_type = TensorProto.STRING
    path.write_bytes(model.SerializeToString())
    return path


def a_list(folder: Path) -> Path:
    """Its answer is a list of arrays, as of networks that were no neural ones before."""
    numbers = {"numbers": np.ones((1, 2), np.float32)}
    path = write(folder, [helper.make_node("SequenceConstruct", ["numbers"], ["scores"])], constants=numbers)
    model = onnx.load(str(path))
    model.graph.output.pop()
    model.graph.output.append(helper.make_tensor_sequence_value_info("scores", TensorProto.FLOAT, [1, 2]))
    path.write_bytes(model.SerializeToString())
    return path


def one_long_step(folder: Path) -> Path:
    """A single product of matrices that takes a while."""
    return write(
        folder,
        [
            helper.make_node("ReduceMax", ["image"], ["one"], keepdims=0),
            helper.make_node("Add", ["large", "one"], ["other"]),
            helper.make_node("MatMul", ["other", "other"], ["product"]),
            helper.make_node("ReduceMean", ["product"], ["mean"], keepdims=0),
            helper.make_node("Add", ["mean", "zeros"], ["scores"]),
        ],
        constants={"large": np.full((1500, 1500), 1e-3, np.float32), "zeros": np.zeros((1, 2), np.float32)},
    )


def endless(folder: Path) -> Path:
    """A Loop whose condition never becomes false."""
    body = helper.make_graph(
        [
            helper.make_node("Identity", ["on"], ["still"]),
            helper.make_node("Sin", ["before"], ["after"]),
        ],
        "body",
        [
            helper.make_tensor_value_info("n", TensorProto.INT64, []),
            helper.make_tensor_value_info("on", TensorProto.BOOL, []),
            helper.make_tensor_value_info("before", TensorProto.FLOAT, [1, 2]),
        ],
        [
            helper.make_tensor_value_info("still", TensorProto.BOOL, []),
            helper.make_tensor_value_info("after", TensorProto.FLOAT, [1, 2]),
        ],
    )
    return write(
        folder, [helper.make_node("Loop", ["", "true", "start"], ["scores"], body=body)],
        constants={"true": np.array(True), "start": np.zeros((1, 2), np.float32)},
    )  # fmt: skip


def greedy(folder: Path) -> Path:
    """Fills far more memory than any photo needs."""
    return write(
        folder,
        [
            helper.make_node("ReduceMax", ["image"], ["one"], keepdims=0),
            helper.make_node("Cast", ["one"], ["small"], to=TensorProto.INT64),
            helper.make_node("Add", ["shape", "small"], ["wanted"]),
            helper.make_node("ConstantOfShape", ["wanted"], ["huge"]),
            helper.make_node("ReduceMean", ["huge"], ["mean"], keepdims=0),
            helper.make_node("Add", ["mean", "zeros"], ["scores"]),
        ],
        constants={"shape": np.array([200_000, 200_000], np.int64), "zeros": np.zeros((1, 2), np.float32)},
    )


def swollen(folder: Path) -> Path:
    """A few bytes that stand for a tensor of 400 GB: all of it but one number is left out."""
    values = helper.make_tensor("swollen", TensorProto.FLOAT, [1], [1.0])
    places = helper.make_tensor("places", TensorProto.INT64, [1], [0])
    path = write(
        folder,
        [
            helper.make_node("ReduceMean", ["swollen"], ["mean"], keepdims=0),
            helper.make_node("Add", ["mean", "zeros"], ["scores"]),
        ],
        constants={"zeros": np.zeros((1, 2), np.float32)},
    )
    model = onnx.load(str(path))
    model.graph.sparse_initializer.append(helper.make_sparse_tensor(values, places, [100_000_000_000]))
    path.write_bytes(model.SerializeToString())
    return path


def outside(folder: Path, location: str, *, inside_a_branch: bool = False) -> Path:
    """Keeps its data in another file, if asked for within a graph within the graph."""
    tensor = TensorProto(name="far", data_type=TensorProto.FLOAT, dims=[1, 2])
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value=location)
    if not inside_a_branch:
        path = write(folder, [helper.make_node("Identity", ["far"], ["scores"])])
        model = onnx.load(str(path), load_external_data=False)
        model.graph.initializer.append(tensor)
    else:
        out = [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 2])]
        branch = helper.make_graph([helper.make_node("Identity", ["far"], ["x"])], "b", [], out, [tensor])
        node = helper.make_node("If", ["true"], ["scores"], then_branch=branch, else_branch=branch)
        path = write(folder, [node], constants={"true": np.array(True)})
        model = onnx.load(str(path), load_external_data=False)
    path.write_bytes(model.SerializeToString())
    return path


def strange_operator(folder: Path) -> Path:
    node = helper.make_node("Steal", ["image"], ["scores"], domain="com.evil")
    return write(folder, [node])


def as_embedding(card: str) -> str:
    """The card of a teacher as a mere embedding."""
    lines = card.replace('"tagger"', '"embedding"').split("\n")
    kept = [
        line
        for line in lines
        if not line.startswith(("scores", "background", "file", "separator", "[labels]"))
    ]
    return "\n".join(kept)
