"""Scores of an image and its regions against Eq. 3, 4 and 13 in float64 numpy."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from core.calibration import Scaling
from core.losses import Batch, image_log_probabilities
from core.model import DualBranch, joined
from core.projection import fit_projection
from core.recipe import Method, Normalisation, Recipe
from core.scoring import score

D, HIDDEN = 12, 16


def make(method, *, k=3, seed=0):
    rng = np.random.default_rng(seed)
    model = DualBranch(
        fit_projection([rng.normal(size=(80, D)).astype(np.float32)], components=6),
        Recipe(method=method, k=k, hidden=HIDDEN, normalisation=Normalisation.STANDARDISE),
        generator=torch.Generator().manual_seed(seed),
    )
    with torch.no_grad():
        for layer in (model.fc4, model.fc5):
            if layer is not None:
                layer.weight.normal_(std=2.0, generator=torch.Generator().manual_seed(seed + 1))
    return model


def softmax(values, axis):
    powers = np.exp(values - values.max(axis=axis, keepdims=True))
    return powers / powers.sum(axis=axis, keepdims=True)


def plain_logits(model, x):
    """(m, C) and (m, 2) by numpy alone."""
    state = {name: value.numpy().astype(np.float64) for name, value in model.state_dict().items()}
    z = ((x - state["center"]) / state["spread"]) @ state["basis"]
    h = np.maximum(z @ state["fc3.weight"].T + state["fc3.bias"], 0.0)
    det = h @ state["fc5.weight"].T if "fc5.weight" in state else None
    return h @ state["fc4.weight"].T + state["fc4.bias"], det


@pytest.mark.parametrize(
    "method", [Method.DB_BASELINE, Method.CLS_DET, Method.CLS_DET_RS, Method.SS_CLS_DET_RS]
)
@pytest.mark.parametrize("m", [1, 2, 30])
def test_region_scores_are_equation_13_and_sum_to_the_image_probability(method, m):
    model = make(method)
    x = np.random.default_rng(5).normal(size=(m, D)).astype(np.float32)
    cls, det = plain_logits(model, x)
    p_cls = softmax(cls, axis=1)[:, -2:]
    expected = np.zeros((m, 2))
    for c in range(2):
        chosen = np.argsort(-p_cls[:, c])[: model.k or m]
        expected[chosen, c] = softmax(det[chosen, c], axis=0) * p_cls[chosen, c]
    prediction = score(model, x)
    assert prediction.score == pytest.approx(expected, abs=1e-5)
    assert prediction.probability == pytest.approx(expected.sum(axis=0), abs=1e-5)
    assert prediction.score.sum(axis=0) == pytest.approx(prediction.probability, abs=1e-6)
    assert prediction.cls.sum(axis=1) == pytest.approx(np.ones(m), abs=1e-6)


def test_max_region_scores_regions_by_class_probability_and_the_image_by_its_best():
    model = make(Method.MAX_REGION)
    x = np.random.default_rng(5).normal(size=(30, D)).astype(np.float32)
    p_cls = softmax(plain_logits(model, x)[0], axis=1)
    prediction = score(model, x)
    assert prediction.score == pytest.approx(p_cls[:, 1:], abs=1e-5)
    assert prediction.probability == pytest.approx(p_cls[:, 1:].max(axis=0), abs=1e-5)


def test_db_baseline_gives_the_normal_class_no_probability():
    prediction = score(make(Method.DB_BASELINE), np.ones((4, D), np.float32))
    assert not prediction.cls[:, 0].any()


@pytest.mark.parametrize("method", list(Method))
def test_scoring_and_training_agree_on_the_image_probability(method):
    model = make(method)
    rng = np.random.default_rng(6)
    bags = [rng.normal(size=(m, D)).astype(np.float32) for m in (1, 7, 30)]
    batch = Batch.of(
        torch.tensor([0, 1, 8, 38]),
        targets=torch.zeros(3, 2, dtype=torch.bool),
        is_annotated=torch.zeros(3, dtype=torch.bool),
        region_labels=torch.zeros(38, dtype=torch.int8),
    )
    with torch.no_grad():
        logits = model(model.project(torch.from_numpy(np.concatenate(bags))))
        expected = image_log_probabilities(logits, batch, k=model.k).positive.exp().numpy()
    found = np.stack([score(model, bag).probability for bag in bags], axis=1)
    assert found == pytest.approx(expected, abs=1e-5)


def test_order_of_regions_does_not_change_their_scores():
    model = make(Method.SS_CLS_DET_RS)
    x = np.random.default_rng(5).normal(size=(30, D)).astype(np.float32)
    order = np.random.default_rng(6).permutation(30)
    plain, mixed = score(model, x), score(model, x[order])
    assert mixed.score == pytest.approx(plain.score[order], abs=1e-6)
    assert mixed.probability == pytest.approx(plain.probability, abs=1e-6)


def test_half_precision_features_are_scored_as_their_single_precision_values():
    model = make(Method.CLS_DET_RS)
    x = np.random.default_rng(5).normal(size=(9, D)).astype(np.float16)
    assert np.array_equal(score(model, x).score, score(model, x.astype(np.float32)).score)


@pytest.mark.parametrize("shape", [(0, D), (4, D + 1), (D,)])
def test_features_that_do_not_fit_are_refused(shape):
    with pytest.raises(ValueError, match="do not fit"):
        score(make(Method.CLS_DET), np.zeros(shape, np.float32))


@pytest.mark.parametrize("method", list(Method))
def test_several_members_say_the_mean_of_what_each_says(method):
    x = np.random.default_rng(5).normal(size=(30, D)).astype(np.float32)
    each = [score(make(method, seed=seed), x) for seed in (0, 0, 3)]
    first, again, other = make(method), make(method), make(method, seed=3)
    for name in ("center", "spread", "basis"):
        setattr(other, name, getattr(first, name))
    each[2] = score(other, x)
    together = score(joined([first, again, other]), x)
    for part in ("probability", "cls", "score"):
        mean = np.mean([getattr(said, part) for said in each], axis=0)
        assert getattr(together, part) == pytest.approx(mean, abs=1e-6)
    if method is not Method.MAX_REGION:
        assert together.score.sum(axis=0) == pytest.approx(together.probability, abs=1e-6)


@pytest.mark.parametrize("method", list(Method))
def test_a_calibrated_model_scales_the_probabilities_and_leaves_the_regions(method):
    x = np.random.default_rng(5).normal(size=(30, D)).astype(np.float32)
    plain, model = score(make(method), x), make(method)
    model.scale = torch.tensor([[2.0, 0.5], [0.4, -1.0]], dtype=torch.float64)
    calibrated = score(model, x)
    expected = [Scaling(2.0, 0.5)(plain.probability[0]), Scaling(0.4, -1.0)(plain.probability[1])]
    assert calibrated.probability == pytest.approx(expected, abs=1e-9)
    assert np.array_equal(calibrated.score, plain.score)
    assert np.array_equal(calibrated.cls, plain.cls)


def test_a_saturated_probability_is_calibrated_to_a_number():
    model = make(Method.CLS_DET)
    with torch.no_grad():
        model.fc4.weight.zero_()
        model.fc4.bias.copy_(torch.tensor([0.0, -3e3, 3e3]))
    model.scale = torch.tensor([[3.0, 0.0], [3.0, 0.0]], dtype=torch.float64)
    assert score(model, np.ones((4, D), np.float32)).probability == pytest.approx([0.0, 1.0], abs=1e-9)
