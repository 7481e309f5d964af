"""Calibration against a grid search, scikit-learn, and problems whose answer is known."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.calibration import calibration_curve
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import brier_score_loss, roc_auc_score

from core.calibration import (
    Scaling,
    brier,
    calibrate,
    fit_platt,
    fit_temperature,
    logit,
    reliability,
)


def problem(n=400, *, slope=0.4, bias=0.0, seed=0):
    """Logits z and truths drawn with log odds slope z + bias: T is 1 / slope."""
    rng = np.random.default_rng(seed)
    z = rng.normal(scale=3.0, size=n)
    return z, rng.random(n) < 1.0 / (1.0 + np.exp(-(slope * z + bias)))


def likelihood(z, y):
    return -np.where(y, np.logaddexp(0, -z), np.logaddexp(0, z)).mean()


@pytest.mark.parametrize("slope", [0.2, 1.0, 3.0])
def test_no_temperature_of_a_fine_grid_is_likelier(slope):
    z, y = problem(slope=slope)
    found = fit_temperature(z, y)
    grid = np.geomspace(0.06, 19.0, 4001)
    values = [likelihood(z / t, y) for t in grid]
    assert likelihood(z / found, y) >= max(values)
    assert found == pytest.approx(grid[int(np.argmax(values))], rel=2e-3)


def test_a_large_sample_gives_the_temperature_that_it_was_drawn_with():
    z, y = problem(200_000, slope=0.5)
    assert fit_temperature(z, y) == pytest.approx(2.0, rel=0.03)


def test_platt_is_logistic_regression_on_the_logit():
    z, y = problem(slope=0.6, bias=-1.5)
    theirs = LogisticRegression(C=np.inf, tol=1e-10, max_iter=10_000).fit(z[:, None], y)
    found = fit_platt(z, y)
    assert 1.0 / found.temperature == pytest.approx(theirs.coef_[0, 0], rel=1e-4)
    assert found.bias == pytest.approx(theirs.intercept_[0], rel=1e-4)


@pytest.mark.parametrize("fit", [fit_temperature, fit_platt])
def test_where_the_likelihood_has_no_maximum_nothing_is_fitted(fit):
    z = np.array([-3.0, -1.0, 1.0, 2.0])
    assert fit(z, np.zeros(4)) is None
    assert fit(z, np.ones(4)) is None
    assert fit(z, z > 0) is None  # told apart without a mistake: T goes to 0
    assert fit(z, z < 0) is None  # the contrary: T goes to infinity


@pytest.mark.parametrize("fit", [fit_temperature, fit_platt])
def test_saturated_logits_are_taken_and_what_is_no_number_is_refused(fit):
    z, y = problem(100)
    z[:2], y[:2] = (np.inf, -np.inf), (True, False)
    assert fit(z, y) is not None
    z[2] = np.nan
    with pytest.raises(ValueError, match="not a number"):
        fit(z, y)
    with pytest.raises(ValueError, match="do not fit"):
        fit(z, y[1:])


def test_scaling_keeps_the_order_and_the_ends():
    p = np.array([0.0, 1e-12, 0.2, 0.5, 0.9, 1.0])
    scaled = Scaling(2.5, 0.7)(p)
    assert (np.diff(scaled) > 0).all()
    assert (scaled[0], scaled[-1]) == pytest.approx((0.0, 1.0), abs=1e-100)
    assert Scaling(1.0)(p) == pytest.approx(p, abs=1e-15)
    assert Scaling(3.0)(np.array([0.5]))[0] == 0.5
    assert logit(np.array([0.25])) == pytest.approx(np.log(1 / 3))


def test_temperature_lowers_the_brier_score_of_overconfident_probabilities_and_keeps_the_auroc():
    z, y = problem(2000, slope=0.3)
    p = 1 / (1 + np.exp(-z))
    scaled = Scaling(fit_temperature(z, y))(p)
    assert brier(scaled, y) < brier(p, y) - 0.02
    assert roc_auc_score(y, scaled) == roc_auc_score(y, p)


def test_brier_is_scikit_learns():
    z, y = problem()
    p = 1 / (1 + np.exp(-z))
    assert brier(p, y) == pytest.approx(brier_score_loss(y, p), abs=1e-15)


@pytest.mark.parametrize("bins", [1, 5, 10, 17])
def test_reliability_is_scikit_learns_and_its_bins_hold_every_image(bins):
    z, y = problem(300)
    p = np.round(1 / (1 + np.exp(-z)), 2)  # many on the edges
    p[:3] = (0.0, 1.0, 0.5)
    found = reliability(p, y, bins=bins)
    observed, predicted = calibration_curve(y, p, n_bins=bins)
    assert found.observed == pytest.approx(observed, abs=1e-15)
    assert found.predicted == pytest.approx(predicted, abs=1e-15)
    assert found.images.sum() == 300


def test_one_probability_can_be_calibrated_where_the_other_cannot_and_it_is_told():
    z, y = problem()
    none_benign = np.zeros_like(y)
    found, told = calibrate(np.stack([z, z]), np.stack([none_benign, y]), is_platt=False)
    assert told == ["p(y_B) is not calibrated: none of the 400 validation images have such a finding."]
    assert found.to_json() == {
        "method": "temperature",
        "temperature": {"M": fit_temperature(z, y), "B": None},
        "bias": {"M": 0.0, "B": None},
        "images": 400,
    }
    assert found.rows == ((1.0, 0.0), (fit_temperature(z, y), 0.0))
    assert calibrate(np.stack([z, z]), np.stack([none_benign] * 2), is_platt=True)[0] is None
