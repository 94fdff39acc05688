"""How do many small trees vote, in whole numbers? Each adds a few points; the sum says how much it was like a fall.

A tree of DEPTH questions is complete: node k asks whether a feature is over a threshold and goes on to 2k + 1 (no) or
2k + 2 (yes); after the last question comes a leaf with its points. Trees lie behind each other in flat tables. Many
nodes ask the same, so a node is the number of a question, one byte, which saves the heap a third.
"""

from micropython import const

_SLICE = const(16)  # trees a call: as long as a slice of features


class Forest:
    """Votes with `model`: DEPTH, TREES, BIAS; NODES and LEAVES (bytes); of each question FEATURES (bytes) and
    THRESHOLDS (array of 'h'). A leaf's points are 0 and more, which BIAS makes good.
    """

    def __init__(self, model):
        self._depth = model.DEPTH
        self._trees = model.TREES
        self._bias = model.BIAS
        self._nodes = model.NODES
        self._features = model.FEATURES
        self._thresholds = model.THRESHOLDS
        self._leaves = model.LEAVES
        self._tree = 0
        self.points = 0

    def begin(self):
        """Start a vote."""
        self._tree = 0
        self.points = self._bias

    def step(self, values):
        """Let a few trees vote on the features `values`; return True when `points` holds all votes."""
        asked = self._nodes
        features = self._features
        thresholds = self._thresholds
        depth = self._depth
        nodes = (1 << depth) - 1
        tree = self._tree
        end = min(tree + _SLICE, self._trees)
        while tree < end:
            first = tree * nodes
            k = 0
            for _ in range(depth):
                question = asked[first + k]
                k += k + 2 if values[features[question]] > thresholds[question] else k + 1
            self.points += self._leaves[tree + first + k - nodes]
            tree += 1
        self._tree = tree
        return tree >= self._trees
