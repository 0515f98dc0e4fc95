"""What a linear machine has learnt, kept so that one text is quickly asked about.

Scikit-learn's own `decision_function` copies all weights for every call; of a text only the weights of its own few
hundred features are needed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np


class Linear:
    """Features, and for each of them and each class a weight; `classes` are in the order of the scores."""

    def __init__(self, features: Any, machine: Any) -> None:
        """Take both as fitted."""
        weights, bias = machine.coef_, machine.intercept_
        if len(machine.classes_) == 2:  # which have one score between them
            weights, bias = np.vstack([-weights, weights]), np.concatenate([-bias, bias])
        self.classes: Any = machine.classes_
        self._features = features
        self._weights = np.ascontiguousarray(weights.T, dtype=np.float32)
        self._bias = bias.astype(np.float32)

    def scores(self, texts: Sequence[Any]) -> Any:
        """Return a row of scores for each text, as the features take them."""
        return self._features.transform(texts) @ self._weights + self._bias
