"""Probabilities that mean what they say: temperature and Platt scaling, the Brier score, and reliability.

Temperature scaling (Guo et al., On Calibration of Modern Neural Networks, 2017): p' = sigmoid(logit(p) / T), one number
for each kind of finding. It keeps p = 1/2 where it is, so it cannot undo a training set in which malignant images were
shown more often than they are: for that there is Platt's scaling (1999), p' = sigmoid(logit(p) / T + b).
Both are increasing: they change no ranking, no AUROC and no operating point, only what the numbers say.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

STEEPEST = (
    20.0  # 1 / T lies between its inverse and this: beyond, the likelihood has no maximum worth the name
)
NEAR = 1e-3  # relative distance from an end at which the maximum counts as lying there
LARGEST_LOGIT = 700.0  # e to its power is still a float64


@dataclass(frozen=True, slots=True)
class Scaling:
    """logit(p') = logit(p) / temperature + bias. temperature > 0."""

    temperature: float
    bias: float = 0.0

    def __call__(self, p: NDArray[np.floating]) -> NDArray[np.float64]:
        """Calibrated probabilities; 0 and 1 stay."""
        return _sigmoid(logit(p) / self.temperature + self.bias)


@dataclass(frozen=True, eq=False, slots=True)
class Reliability:
    """What was predicted and what was true, bin by bin; bins without an image are left out. Each (b,).

    predicted: mean probability, in [0, 1]. observed: share of positives, in [0, 1]. images: how many.
    """

    predicted: NDArray[np.float64]
    observed: NDArray[np.float64]
    images: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Calibration:
    """How the probabilities of one model are scaled. benign, malignant: None where that one is left as it is.

    images: of validation patients, on which it was fitted. is_platt: with a bias; by temperature alone otherwise.
    """

    benign: Scaling | None
    malignant: Scaling | None
    images: int
    is_platt: bool = False

    @property
    def rows(self) -> tuple[tuple[float, float], tuple[float, float]]:
        """(temperature, bias) for (B, M); (1, 0) where nothing is scaled."""
        benign, malignant = (scaling or Scaling(1.0) for scaling in (self.benign, self.malignant))
        return (benign.temperature, benign.bias), (malignant.temperature, malignant.bias)

    def to_json(self) -> dict[str, Any]:
        """Plain values for metrics.json; null for a kind of finding whose probability is not calibrated."""
        named = {"M": self.malignant, "B": self.benign}
        return {
            "method": "Platt" if self.is_platt else "temperature",
            "temperature": {name: None if of is None else of.temperature for name, of in named.items()},
            "bias": {name: None if of is None else of.bias for name, of in named.items()},
            "images": self.images,
        }


def logit(p: NDArray[np.floating]) -> NDArray[np.float64]:
    """log(p / (1 - p)), within +-700 so that 0 and 1 stay finite."""
    p = np.asarray(p, np.float64)
    with np.errstate(divide="ignore"):
        odds: NDArray[np.float64] = np.clip(np.log(p) - np.log1p(-p), -LARGEST_LOGIT, LARGEST_LOGIT)
    return odds


def fit_temperature(logit: NDArray[np.floating], y: NDArray[np.generic]) -> float | None:
    """The temperature of the greatest likelihood. logit: (n,). y: (n,), 1 where positive, else 0.

    None where the likelihood has no maximum to be had: one class is missing, the classes are told apart without a
    mistake (T would be 0), or the logits say nothing or the contrary (T would be infinite).
    """
    from scipy.optimize import minimize_scalar

    z, signs = _checked(logit, y)
    if len(set(signs)) < 2:
        return None
    end = np.log(STEEPEST)
    # The likelihood is concave in 1 / T, so it has one maximum in log(1 / T) too.
    found = minimize_scalar(
        lambda u: _loss(np.exp(u) * z, signs), bounds=(-end, end), method="bounded", options={"xatol": 1e-9}
    )
    return None if end - abs(found.x) < NEAR else float(np.exp(-found.x))


def fit_platt(logit: NDArray[np.floating], y: NDArray[np.generic]) -> Scaling | None:
    """Temperature and bias of the greatest likelihood; None as for fit_temperature."""
    from scipy.optimize import minimize

    z, signs = _checked(logit, y)
    if len(set(signs)) < 2:
        return None

    def loss_and_slope(at: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        value = at[0] * z + at[1]
        pull = -signs * _sigmoid(-signs * value) / len(z)
        return _loss(value, signs), np.array([(pull * z).sum(), pull.sum()])

    bounds = [(1.0 / STEEPEST, STEEPEST), (None, None)]
    found = minimize(
        loss_and_slope,
        np.array([1.0, 0.0]),
        jac=True,
        method="L-BFGS-B",
        bounds=bounds,
        options={"ftol": 1e-15, "gtol": 1e-9, "maxiter": 1_000},
    )
    slope, bias = found.x
    is_inside = np.log(STEEPEST) - abs(np.log(slope)) >= NEAR
    return Scaling(float(1.0 / slope), float(bias)) if is_inside and np.isfinite(bias) else None


def calibrate(
    logits: NDArray[np.floating], targets: NDArray[np.generic], *, is_platt: bool
) -> tuple[Calibration | None, list[str]]:
    """Fit both probabilities on validation images. logits, targets: (2, n) for (B, M).

    Returns None for the calibration where neither can be fitted, and a sentence about each that cannot.
    """
    fitted: list[Scaling | None] = []
    told = []
    for name, z, y in zip(("p(y_B)", "p(y_M)"), logits, targets, strict=True):
        if is_platt:
            fitted.append(fit_platt(z, y))
        else:
            temperature = fit_temperature(z, y)
            fitted.append(None if temperature is None else Scaling(temperature))
        if fitted[-1] is None:
            told.append(f"{name} is not calibrated: {_why_not(y)}.")
    benign, malignant = fitted
    if benign is None and malignant is None:
        return None, told
    return Calibration(benign, malignant, images=logits.shape[1], is_platt=is_platt), told


def _why_not(y: NDArray[np.generic]) -> str:
    positives = int(np.count_nonzero(y))
    if positives in (0, len(y)):
        return f"{'none' if positives == 0 else 'all'} of the {len(y)} validation images have such a finding"
    return "the validation images are told apart without a mistake, or not at all, and fit no temperature"


def brier(p: NDArray[np.floating], y: NDArray[np.generic]) -> float:
    """Mean squared difference of probability and truth, in [0, 1]; 0 is perfect. p, y: (n,), n >= 1."""
    return float(np.mean((np.asarray(p, np.float64) - np.asarray(y, np.float64)) ** 2))


def reliability(p: NDArray[np.floating], y: NDArray[np.generic], *, bins: int = 10) -> Reliability:
    """The reliability diagram over equal bins of [0, 1]; p = 1 is in the last one. p, y: (n,)."""
    p, truth = np.asarray(p, np.float64), np.asarray(y, np.float64)
    # As scikit-learn's calibration_curve: a value on an edge is in the bin below it, but for p = 0.
    place = np.searchsorted(np.linspace(0.0, 1.0, bins + 1)[1:-1], p)
    images = np.bincount(place, minlength=bins)
    is_used = images > 0
    predicted, observed = (np.bincount(place, weights=of, minlength=bins)[is_used] for of in (p, truth))
    return Reliability(predicted / images[is_used], observed / images[is_used], images[is_used])


def _checked(
    logit: NDArray[np.floating], y: NDArray[np.generic]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Finite logits, and +1 or -1 for each."""
    z = np.clip(np.asarray(logit, np.float64), -LARGEST_LOGIT, LARGEST_LOGIT)
    if z.shape != np.shape(y) or z.ndim != 1:
        raise ValueError(f"logits of shape {z.shape} do not fit truths of shape {np.shape(y)}")
    if not np.isfinite(z).all():
        raise ValueError("a logit is not a number")
    return z, np.where(np.asarray(y).astype(bool), 1.0, -1.0)


def _loss(logit: NDArray[np.float64], signs: NDArray[np.float64]) -> float:
    """Mean negative log likelihood."""
    return float(np.logaddexp(0.0, -signs * logit).mean())


def _sigmoid(x: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.exp(-np.logaddexp(0.0, -x))
