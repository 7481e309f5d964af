"""Evidence for rankings against loops in plain numpy, and against autograd where it is a gradient."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy.stats import entropy

from core.evidence_scoring import EvidenceMaker
from core.model import DualBranch
from core.projection import Projection
from core.ranking.evidence import Evidence
from core.recipe import Method, Recipe
from core.scoring import score

D, H = 6, 5


def made(method=Method.SS_CLS_DET_RS, *, k=4, seed=1):
    recipe = replace(Recipe(), method=method, hidden=H, k=k, components=0)
    model = DualBranch(Projection(torch.zeros(D), torch.ones(D), None), recipe)
    generator = torch.Generator().manual_seed(seed)
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=0.7, generator=generator)
    return model.eval()


def features(m=9, seed=2):
    return np.random.default_rng(seed).normal(size=(m, D)).astype(np.float32)


def hidden_of(model, x):
    with torch.no_grad():
        return torch.relu(model.fc3(model.project(torch.from_numpy(x)))).double().numpy()


def det_of(model, x):
    """p_det^M from Eq. 13, as a prediction tells it."""
    said = score(model, x)
    return np.divide(said.score[:, 1], said.cls[:, 2]).astype(np.float64), said.cls.astype(np.float64)


@pytest.mark.parametrize("method", [Method.SS_CLS_DET_RS, Method.CLS_DET])
def test_embedding_and_residual_are_means_under_the_detection(method):
    model, x = made(method), features()
    det, cls = det_of(model, x)
    got = EvidenceMaker.of(model, dropout=0.5)(x)
    assert got.embedding == pytest.approx(det @ hidden_of(model, x), abs=1e-5)
    assert got.residual == pytest.approx(det @ cls - [0, 0, 1], abs=1e-5)


def test_embedding_and_residual_make_the_gradient_of_fc4_where_one_region_takes_part():
    model, x = made(k=1), features()
    got = EvidenceMaker.of(model, dropout=0.0)(x)
    det, _ = det_of(model, x)
    at = int(det.argmax())
    logits = model(model.project(torch.from_numpy(x)))
    (-torch.log_softmax(logits.cls[:, at], dim=0)[2]).backward()
    assert np.outer(got.residual, got.embedding) == pytest.approx(model.fc4.weight.grad.numpy(), abs=1e-5)


def test_change_is_the_expected_gradient_norm_of_the_detection_term():
    model, x = made(Method.CLS_DET), features()
    det, cls = det_of(model, x)
    belief = det * cls[:, 2] / (det * cls[:, 2]).sum()
    norms = []
    for i in range(len(x)):
        model.zero_grad()
        logits = model(model.project(torch.from_numpy(x)))
        torch.log_softmax(logits.det[1], dim=0)[i].backward()
        norms.append(float(model.fc5.weight.grad[1].norm()))
    got = EvidenceMaker.of(model, dropout=0.0)(x)
    assert got.change == pytest.approx(float(belief @ norms), rel=1e-5)


def test_bald_is_the_mutual_information_between_the_answer_and_the_dropout_mask():
    model, x = made(Method.CLS_DET), features()
    maker = EvidenceMaker.of(model, dropout=0.5)
    h, image, region = hidden_of(model, x), [], []
    for mask in maker.keep.double().numpy():
        cls = (
            h * mask
        ) @ model.fc4.weight.detach().double().numpy().T + model.fc4.bias.detach().double().numpy()
        det = (h * mask) @ model.fc5.weight.detach().double().numpy()[1]
        p_cls = np.exp(cls) / np.exp(cls).sum(axis=1, keepdims=True)
        p_det = np.exp(det) / np.exp(det).sum()
        image.append(p_det @ p_cls[:, 2])
        region.append(p_cls[:, 2])
    got = maker(x)

    def information(p):
        both = np.stack([p, 1 - np.asarray(p)])
        return entropy(both.mean(axis=1), base=2) - entropy(both, base=2).mean(axis=0)

    assert got.bald == pytest.approx(information(image), abs=1e-6)
    assert got.bald_region == pytest.approx(max(information(p) for p in np.array(region).T), abs=1e-6)


def test_without_dropout_nothing_is_to_be_learnt_about_the_weights():
    got = EvidenceMaker.of(made(), dropout=0.0)(features())
    assert (got.bald, got.bald_region) == pytest.approx((0.0, 0.0), abs=1e-12)


@pytest.mark.parametrize("method", list(Method))
def test_every_method_and_an_image_of_one_region_give_evidence(method):
    for m in (1, 9):
        got = EvidenceMaker.of(made(method), dropout=0.5)(features(m))
        assert got.embedding.shape == (H,)
        assert got.bald >= 0
        assert 0 <= got.change < np.inf


def test_evidence_that_is_not_a_number_is_refused():
    with pytest.raises(ValueError, match="not a number"):
        Evidence(np.zeros(2, np.float32), np.zeros(3, np.float32), float("nan"), 0.0, 0.0)
