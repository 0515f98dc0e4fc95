"""What linear machines have learnt from the same features, kept so that one text is quickly asked about.

Scikit-learn's own `decision_function` copies all weights for every call; of a text only the weights of its own few
hundred features are needed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from sklearn.naive_bayes import MultinomialNB


class Linear:
    """Features, and by machine a weight for each feature and class; `classes` are in the order of the scores."""

    def __init__(self, features: Any, *machines: Any) -> None:
        """Take all as fitted, the machines to the same classes."""
        weights, biases = zip(*(_weights_of(machine) for machine in machines), strict=True)
        self.classes: Any = machines[0].classes_
        self._features = features
        self._weights = np.ascontiguousarray(np.vstack(weights).T, dtype=np.float32)
        self._bias = np.concatenate(biases).astype(np.float32)

    def scores(self, texts: Sequence[Any]) -> Any:
        """Return for each machine a row of scores for each text, as the features take them."""
        side_by_side = self._features.transform(texts) @ self._weights + self._bias
        return side_by_side.reshape(len(texts), -1, len(self.classes)).swapaxes(0, 1)


def _weights_of(machine: Any) -> tuple[Any, Any]:
    if isinstance(machine, MultinomialNB):  # which adds up logarithms, and so is linear too
        return machine.feature_log_prob_, machine.class_log_prior_
    weights, bias = machine.coef_, machine.intercept_
    if len(machine.classes_) == 2:  # which have one score between them
        return np.vstack([-weights, weights]), np.concatenate([-bias, bias])
    return weights, bias
