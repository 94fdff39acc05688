"""How does a forest grow from decisions, and become whole numbers? Boosted trees of few questions, few features.

Where the sense of a feature is known it is forced (a larger change of attitude never speaks against a fall), so that
the forest cannot learn one data set's accidents there. scikit-learn is wanted for growing only; a Model runs without.
"""

import base64
import json
from array import array
from collections import Counter
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple, TypedDict

import numpy as np
import numpy.typing as npt

from tools.train.named import NAMES

if TYPE_CHECKING:
    from tools.train.gather import Weighed

POINTS = 64  # points of one unit of log-odds
# 1: more of it never speaks against a fall; -1: never for one
MORE_IS_FALL = {"peak": 1, "across": 1, "pulse": 1, "cos_after": -1, "cos_landed": -1, "turn_quick": -1, "down": 1,
                "turn_fallen": -1, "cos_least": -1, "light": 1}
NEVER = 32767
MOST = 127  # points of a leaf: two units of log-odds from one tree are enough
_NONE = 128  # no points, in a byte
LEAF = 300  # decisions at least: what holds for few is an accident of one set
QUESTIONS = 200  # a byte says which; each takes three of the badge's heap


Question = tuple[int, int]  # number of a feature; more than this is a yes


class Model(NamedTuple):
    """A forest in whole numbers, with the face that firmware/detect/fall.py reads."""

    DEPTH: int
    TREES: int
    BIAS: int
    THRESHOLD: int
    NODES: bytes
    FEATURES: bytes
    THRESHOLDS: "array[int]"
    LEAVES: bytes


class Plain(TypedDict):
    """A Model as JSON has it; tables in base64."""

    depth: int
    trees: int
    bias: int
    threshold: int
    nodes: str
    features: str
    thresholds: str
    leaves: str


NONE = Model(1, 0, 0, 0, b"", b"", array("h"), b"")  # asks nothing


def grow(weighed: "Weighed", trees: int, depth: int, rate: float, seed: int = 1, threshold: int = 0) -> Model:
    """Return the Model grown on what was Weighed."""
    from sklearn.ensemble import HistGradientBoostingClassifier

    senses = [MORE_IS_FALL.get(name, 0) for name in NAMES]
    forest = HistGradientBoostingClassifier(
        max_iter=trees, max_depth=depth, max_leaf_nodes=None, learning_rate=rate, min_samples_leaf=LEAF, max_bins=64,
        monotonic_cst=senses, early_stopping=False, random_state=seed,
    )
    forest.fit(weighed.features, weighed.fell, weighed.weight)
    nodes = (1 << depth) - 1
    asked: list[Question] = [(0, NEVER)] * (trees * nodes)
    leaves = bytearray(trees * (nodes + 1))
    for t, (predictor,) in enumerate(forest._predictors):
        _lay(predictor.nodes, 0, 0, nodes, t, asked, leaves)
    bias = round(float(np.ravel(forest._baseline_prediction)[0]) * POINTS) - _NONE * trees
    asked = _fewer(asked, np.asarray(weighed.features))
    questions = sorted(set(asked))
    return Model(depth, trees, bias, threshold, bytes(questions.index(question) for question in asked),
                 bytes(feature for feature, _ in questions), array("h", [most for _, most in questions]), bytes(leaves))


def _lay(tree: npt.NDArray[np.void], here: int, k: int, nodes: int, t: int, asked: list[Question],
         leaves: bytearray) -> None:
    # Copy a tree into the flat tables; a leaf that comes early is repeated under questions that are never answered yes.
    node = tree[here]
    if k >= nodes:
        assert node["is_leaf"]
        points = round(float(node["value"]) * POINTS)
        leaves[t * (nodes + 1) + k - nodes] = _NONE + max(-MOST, min(MOST, points))
        return
    if node["is_leaf"]:
        _lay(tree, here, 2 * k + 1, nodes, t, asked, leaves)
        _lay(tree, here, 2 * k + 2, nodes, t, asked, leaves)
        return
    # whole features: x <= 3.5 is x <= 3
    asked[t * nodes + k] = int(node["feature_idx"]), int(np.floor(node["num_threshold"]))
    _lay(tree, int(node["left"]), 2 * k + 1, nodes, t, asked, leaves)
    _lay(tree, int(node["right"]), 2 * k + 2, nodes, t, asked, leaves)


def _fewer(asked: list[Question], features: npt.NDArray[np.int_]) -> list[Question]:
    # Of two questions between whose thresholds few decisions lie the one that is asked less gives way to its neighbour.
    columns = [np.sort(column) for column in features.T]
    below = {(f, most): int(np.searchsorted(columns[f], most, "right")) for f, most in set(asked)}
    used = Counter(asked)
    while len(used) > QUESTIONS:
        pairs = [(a, b) for a, b in pairwise(sorted(used)) if a[0] == b[0] and b[1] != NEVER]
        _, a, b = min(((below[b] - below[a]) * min(used[a], used[b]), a, b) for a, b in pairs)
        stays, goes = (a, b) if used[a] >= used[b] else (b, a)
        used[stays] += used.pop(goes)
        asked = [stays if question == goes else question for question in asked]
    return asked


def vote(model: Model, features: npt.ArrayLike) -> npt.NDArray[np.int_]:
    """Return the points of `model` for features (n, f), as firmware/detect/fall.py counts them."""
    features = np.asarray(features)
    nodes = (1 << model.DEPTH) - 1
    asked = np.frombuffer(model.NODES, dtype=np.uint8)
    index = np.frombuffer(model.FEATURES, dtype=np.uint8)[asked]
    thresholds, leaves = np.array(model.THRESHOLDS)[asked], np.frombuffer(model.LEAVES, dtype=np.uint8)
    points = np.full(len(features), model.BIAS)
    rows = np.arange(len(features))
    for t in range(model.TREES):
        k = np.zeros(len(features), dtype=int)
        for _ in range(model.DEPTH):
            at = t * nodes + k
            k = 2 * k + 1 + (features[rows, index[at]] > thresholds[at])
        points += leaves[t * (nodes + 1) + k - nodes]
    return points


def size(model: Model) -> int:
    """Return how many bytes its tables take."""
    return len(model.NODES) + len(model.LEAVES) + len(model.FEATURES) + 2 * len(model.THRESHOLDS)


def source(model: Model, head: str) -> str:
    """Return the text of firmware/detect/model.py; `head` is its docstring."""
    lines = [f'"""{head}"""', "", "from array import array", ""]
    for name in ("DEPTH", "TREES", "BIAS", "THRESHOLD"):
        lines.append(f"{name} = {getattr(model, name)}")
    for name in ("NODES", "LEAVES", "FEATURES"):
        lines += [f"{name} = (", *_bytes(getattr(model, name)), ")"]
    lines += ["THRESHOLDS = array(", '    "h",', *_bytes(model.THRESHOLDS.tobytes()), ")"]
    return "\n".join(lines) + "\n"


def _bytes(data: bytes) -> list[str]:
    return ['    b"' + "".join(f"\\x{byte:02x}" for byte in data[i : i + 28]) + '"' for i in range(0, len(data), 28)]


def pack(models: dict[str, Model]) -> str:
    """Return {name: Model} as JSON text."""
    def plain(model: Model) -> Plain:
        return {"depth": model.DEPTH, "trees": model.TREES, "bias": model.BIAS, "threshold": model.THRESHOLD,
                "nodes": base64.b64encode(model.NODES).decode(),
                "features": base64.b64encode(model.FEATURES).decode(),
                "thresholds": base64.b64encode(model.THRESHOLDS.tobytes()).decode(),
                "leaves": base64.b64encode(model.LEAVES).decode()}
    return json.dumps({name: plain(model) for name, model in sorted(models.items())}, indent=0) + "\n"


def unpack(text: str) -> dict[str, Model]:
    """Return the {name: Model} that `pack` wrote."""
    def model(plain: Plain) -> Model:
        return Model(plain["depth"], plain["trees"], plain["bias"], plain["threshold"],
                     base64.b64decode(plain["nodes"]), base64.b64decode(plain["features"]),
                     array("h", base64.b64decode(plain["thresholds"])), base64.b64decode(plain["leaves"]))
    return {name: model(plain) for name, plain in json.loads(text).items()}
