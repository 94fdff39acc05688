"""How does a forest grow from decisions, and become whole numbers? Boosted trees of few questions, few features.

Where the sense of a feature is known it is forced (a larger change of attitude never speaks against a fall), so that
the forest cannot learn one data set's accidents there. scikit-learn is wanted for growing only; a Model runs without.
"""

import base64
import json
from array import array
from typing import TYPE_CHECKING, NamedTuple, TypedDict

import numpy as np
import numpy.typing as npt

from tools.train.named import NAMES

if TYPE_CHECKING:
    from tools.train.gather import Weighed

POINTS = 64  # points of one unit of log-odds
# 1: more of it never speaks against a fall; -1: never for one
MORE_IS_FALL = {"peak": 1, "pulse": 1, "cos_after": -1, "cos_landed": -1, "down": 1}
NEVER = 32767
MOST = 127  # points of a leaf, which is a byte: two units of log-odds from one tree are enough


class Model(NamedTuple):
    """A forest in whole numbers, with the face that firmware/detect/forest.py reads."""

    DEPTH: int
    TREES: int
    BIAS: int
    THRESHOLD: int
    FEATURES: bytes
    THRESHOLDS: "array[int]"
    LEAVES: "array[int]"


class Plain(TypedDict):
    """A Model as JSON has it; tables in base64."""

    depth: int
    trees: int
    bias: int
    threshold: int
    features: str
    thresholds: str
    leaves: str


NONE = Model(1, 0, 0, 0, b"", array("h"), array("b"))  # asks nothing


def grow(weighed: "Weighed", trees: int, depth: int, rate: float, seed: int = 1, threshold: int = 0) -> Model:
    """Return the Model grown on what was Weighed."""
    from sklearn.ensemble import HistGradientBoostingClassifier

    senses = [MORE_IS_FALL.get(name, 0) for name in NAMES]
    forest = HistGradientBoostingClassifier(
        max_iter=trees, max_depth=depth, max_leaf_nodes=None, learning_rate=rate, min_samples_leaf=60, max_bins=64,
        monotonic_cst=senses, early_stopping=False, random_state=seed,
    )
    forest.fit(weighed.features, weighed.fell, weighed.weight)
    nodes = (1 << depth) - 1
    features = bytearray(trees * nodes)
    thresholds = array("h", [NEVER] * (trees * nodes))
    leaves = array("b", [0] * (trees * (nodes + 1)))
    for t, (predictor,) in enumerate(forest._predictors):
        _lay(predictor.nodes, 0, 0, nodes, t, features, thresholds, leaves)
    bias = round(float(np.ravel(forest._baseline_prediction)[0]) * POINTS)
    return Model(depth, trees, bias, threshold, bytes(features), thresholds, leaves)


def _lay(tree: npt.NDArray[np.void], here: int, k: int, nodes: int, t: int, features: bytearray,
         thresholds: "array[int]", leaves: "array[int]") -> None:
    # Copy a tree into the flat tables; a leaf that comes early is repeated under questions that are never answered yes.
    node = tree[here]
    if k >= nodes:
        assert node["is_leaf"]
        points = round(float(node["value"]) * POINTS)
        leaves[t * (nodes + 1) + k - nodes] = max(-MOST, min(MOST, points))
        return
    if node["is_leaf"]:
        _lay(tree, here, 2 * k + 1, nodes, t, features, thresholds, leaves)
        _lay(tree, here, 2 * k + 2, nodes, t, features, thresholds, leaves)
        return
    features[t * nodes + k] = int(node["feature_idx"])
    thresholds[t * nodes + k] = int(np.floor(node["num_threshold"]))  # whole features: x <= 3.5 is x <= 3
    _lay(tree, int(node["left"]), 2 * k + 1, nodes, t, features, thresholds, leaves)
    _lay(tree, int(node["right"]), 2 * k + 2, nodes, t, features, thresholds, leaves)


def vote(model: Model, features: npt.ArrayLike) -> npt.NDArray[np.int_]:
    """Return the points of `model` for features (n, f), as firmware/detect/forest.py counts them."""
    features = np.asarray(features)
    nodes = (1 << model.DEPTH) - 1
    index = np.frombuffer(model.FEATURES, dtype=np.uint8)
    thresholds, leaves = np.array(model.THRESHOLDS), np.array(model.LEAVES)
    points = np.full(len(features), model.BIAS)
    rows = np.arange(len(features))
    for t in range(model.TREES):
        k = np.zeros(len(features), dtype=int)
        for _ in range(model.DEPTH):
            at = t * nodes + k
            k = 2 * k + 1 + (features[rows, index[at]] > thresholds[at])
        points += leaves[t * (nodes + 1) + k - nodes]
    return points


def source(model: Model, head: str) -> str:
    """Return the text of firmware/detect/model.py; `head` is its docstring."""
    lines = [f'"""{head}"""', "", "from array import array", ""]
    for name in ("DEPTH", "TREES", "BIAS", "THRESHOLD"):
        lines.append(f"{name} = {getattr(model, name)}")
    lines += ["FEATURES = (", *_bytes(model.FEATURES), ")"]
    for name, code in (("THRESHOLDS", "h"), ("LEAVES", "b")):
        lines += [f"{name} = array(", f'    "{code}",', *_bytes(getattr(model, name).tobytes()), ")"]
    return "\n".join(lines) + "\n"


def _bytes(data: bytes) -> list[str]:
    return ['    b"' + "".join(f"\\x{byte:02x}" for byte in data[i : i + 24]) + '"' for i in range(0, len(data), 24)]


def pack(models: dict[str, Model]) -> str:
    """Return {name: Model} as JSON text."""
    def plain(model: Model) -> Plain:
        return {"depth": model.DEPTH, "trees": model.TREES, "bias": model.BIAS, "threshold": model.THRESHOLD,
                "features": base64.b64encode(model.FEATURES).decode(),
                "thresholds": base64.b64encode(model.THRESHOLDS.tobytes()).decode(),
                "leaves": base64.b64encode(model.LEAVES.tobytes()).decode()}
    return json.dumps({name: plain(model) for name, model in sorted(models.items())}, indent=0) + "\n"


def unpack(text: str) -> dict[str, Model]:
    """Return the {name: Model} that `pack` wrote."""
    def model(plain: Plain) -> Model:
        return Model(plain["depth"], plain["trees"], plain["bias"], plain["threshold"],
                     base64.b64decode(plain["features"]), array("h", base64.b64decode(plain["thresholds"])),
                     array("b", base64.b64decode(plain["leaves"])))
    return {name: model(plain) for name, plain in json.loads(text).items()}
