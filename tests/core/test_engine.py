"""The engine against plain backpropagation over a loop of images written from the paper."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
import pytest
import torch

from core.engine import CHUNK_ROWS, WORD, Dropout, Workspace, gradient_share, gradients, logits_of
from core.losses import Batch, Terms, image_log_probabilities, loss
from core.model import DualBranch
from core.projection import Projection
from core.recipe import Method, Recipe

D, HIDDEN = 10, 16
M, BN, IGNORED = 1, 0, -1
SEMI = (Method.SS_BASELINE_RS, Method.SS_CLS_DET_RS)


@dataclass
class Images:
    """A cohort as the paper has it. y: (y_B, y_M); labels: of images in F, else None."""

    features: list[torch.Tensor]
    y: list[tuple[int, int]]
    labels: list[list[int] | None]

    @property
    def rows(self):
        return torch.cat(self.features)

    def batch(self):
        sizes = [len(features) for features in self.features]
        labels = [given or [IGNORED] * size for given, size in zip(self.labels, sizes, strict=True)]
        return Batch.of(
            torch.tensor([0, *np.cumsum(sizes)]),
            targets=torch.tensor(self.y, dtype=torch.bool),
            is_annotated=torch.tensor([given is not None for given in self.labels]),
            region_labels=torch.tensor(np.concatenate(labels), dtype=torch.int8),
        )


def cohort(sizes, y, labels, *, seed=0):
    rng = np.random.default_rng(seed)
    return Images([torch.from_numpy(rng.normal(size=(m, D))) for m in sizes], y, labels)


def odd_cohort(method):
    """m < k, m = 1, no M region, all ignored, both findings, plain images of each label, one of many regions."""
    y = [(1, 1), (0, 1), (0, 1), (0, 1), (1, 0), (0, 0), (0, 1), (0, 0)]
    labels = [
        [M, M, IGNORED, *[BN] * 14],
        [M],
        [BN, BN, IGNORED, BN],
        [IGNORED] * 12,
        None,
        None,
        None,
        None,
    ]
    weak = [None] * len(y)
    return cohort([17, 1, 4, 12, 15, 6, 9, 90], y, labels if method in SEMI else weak)


def full_cohort():
    """Every image malignant and in F."""
    return cohort(
        [6, 8, 30], [(0, 1), (1, 1), (0, 1)], [[M, *[BN] * 5], [BN] * 7 + [M], [BN, M, *[IGNORED] * 28]]
    )


def model_of(method, *, k=3, dtype=torch.float64):
    model = DualBranch(
        Projection(torch.zeros(D), torch.ones(D), None),
        Recipe(method=method, hidden=HIDDEN, k=k),
        generator=torch.Generator().manual_seed(1),
    ).to(dtype)
    with torch.no_grad():
        model.fc4.weight.mul_(1e4)
        model.fc4.bias.copy_(torch.linspace(-0.3, 0.4, len(model.fc4.bias)))
        model.fc3.bias.copy_(torch.linspace(-0.2, 0.2, HIDDEN))
        if model.fc5 is not None:
            model.fc5.weight.mul_(1e4)
    return model


def terms_of(method):
    return Terms(beta=0.7, lambda2=1.3, has_detection_loss=method is not Method.SS_BASELINE_RS)


def paper_loss(model, images, *, keep, method, k):
    """Minus Eq. 12 (Eq. 5 / n where F is empty), image by image in plain torch, probabilities as they stand."""
    annotated = [t for t, labels in enumerate(images.labels) if labels is not None]
    weak = [t for t in range(len(images.y)) if t not in annotated]
    total, labelled, found, m_f, with_lesion, start = 0.0, 0.0, 0.0, 0, 0, 0
    for t, features in enumerate(images.features):
        hidden = torch.relu(torch.nn.functional.linear(features, model.fc3.weight, model.fc3.bias))
        hidden = hidden * keep[start : start + len(features)]
        start += len(features)
        p_cls = torch.softmax(torch.nn.functional.linear(hidden, model.fc4.weight, model.fc4.bias), dim=1)
        for c in range(2):
            p_c = p_cls[:, c - 2]
            if model.fc5 is None:
                p = p_c.max()
            else:
                scores = hidden @ model.fc5.weight[c]
                chosen = torch.argsort(p_c, descending=True)[: len(p_c) if k is None else k]
                p = (torch.softmax(scores[chosen], dim=0) * p_c[chosen]).sum()
            share = len(images.y) if c == 0 else len(weak)
            if c == 0 or t in weak:
                total = total + 1.3 * torch.log(p if images.y[t][c] else 1 - p) / share
        if t not in annotated:
            continue
        truth = images.labels[t]
        for i, label in enumerate(truth):
            if label != IGNORED:
                labelled = labelled + torch.log(p_cls[i, -1] if label == M else 1 - p_cls[i, -1])
                m_f += 1
        if M in truth and model.fc5 is not None and method is Method.SS_CLS_DET_RS:
            p_det = torch.softmax(hidden @ model.fc5.weight[1], dim=0)
            found = found + torch.log(sum(p_det[i] for i, label in enumerate(truth) if label == M))
            with_lesion += 1
    if m_f:
        total = total + 0.7 * labelled / m_f
    if with_lesion:
        total = total + found / with_lesion
    return -total


def objective_of(batch, method, k):
    def objective(logits):
        logs = image_log_probabilities(logits, batch, k=k)
        return loss(logits, logs, batch, counts=batch.counts(), terms=terms_of(method)), logs

    return objective


def both_ways(images, method, *, k=3, rate=0.5, dtype=torch.float64, **options):
    """Loss and gradients by the paper's loop in float64, and by the engine."""
    model = model_of(method, k=k)
    batch = images.batch()
    dropout = Dropout.draw(len(images.rows), HIDDEN, rate=rate, generator=torch.Generator().manual_seed(5))
    count = len(images.rows)
    keep = torch.ones(count, HIDDEN) if dropout is None else dropout.mask(count, dtype=torch.float64)
    value = paper_loss(model, images, keep=keep.double(), method=method, k=model.k)
    value.backward()
    expected = {name: parameter.grad.clone() for name, parameter in model.named_parameters()}
    model = model.to(dtype)
    for parameter in model.parameters():
        parameter.grad = None
    ours, logs = gradients(
        model,
        options.pop("projected", images.rows).to(dtype),
        batch,
        objective=objective_of(batch, method, model.k),
        selected=model.k,
        dropout=dropout,
        **options,
    )
    found = {name: parameter.grad.double() for name, parameter in model.named_parameters()}
    return value.detach(), expected, ours, found, logs


def assert_same(expected, found, *, tolerance):
    for name, gradient in expected.items():
        assert (found[name] - gradient).norm() <= tolerance * gradient.norm() + 1e-12, name


@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float64, 1e-10), (torch.float32, 1e-5)])
@pytest.mark.parametrize(("k", "rate"), [(1, 0.5), (3, 0.25), (3, 0.5), (200, 0.0)])
@pytest.mark.parametrize("method", list(Method))
def test_gradients_are_those_of_the_papers_loop(method, k, rate, dtype, tolerance):
    value, expected, ours, found, _ = both_ways(odd_cohort(method), method, k=k, rate=rate, dtype=dtype)
    assert ours.item() == pytest.approx(value.item(), rel=tolerance)
    assert_same(expected, found, tolerance=tolerance)


@pytest.mark.parametrize("method", SEMI)
def test_gradients_where_every_image_is_annotated(method):
    value, expected, ours, found, _ = both_ways(full_cohort(), method)
    assert ours.item() == pytest.approx(value.item(), rel=1e-10)
    assert_same(expected, found, tolerance=1e-10)


@pytest.mark.parametrize("method", SEMI)
def test_gradients_where_no_image_is_annotated(method):
    images = replace(odd_cohort(method), labels=[None] * 8)
    value, expected, ours, found, _ = both_ways(images, method)
    assert ours.item() == pytest.approx(value.item(), rel=1e-10)
    assert_same(expected, found, tolerance=1e-10)


@pytest.mark.parametrize("method", [Method.CLS_DET, Method.CLS_DET_RS, Method.SS_CLS_DET_RS])
def test_small_chunks_and_named_rows_change_nothing(method):
    """Chunks of 32 regions cut through images; rows stand in another order in the table."""
    images = odd_cohort(method)
    order = torch.randperm(len(images.rows), generator=torch.Generator().manual_seed(2))
    value, expected, ours, found, _ = both_ways(
        images, method, chunk_rows=32, projected=images.rows[order], rows=torch.argsort(order)
    )
    assert ours.item() == pytest.approx(value.item(), rel=1e-10)
    assert_same(expected, found, tolerance=1e-10)


def test_both_ways_through_the_engine_are_taken():
    """The odd cohort is too short for selection to pay; the long one is not."""
    images = cohort([200, 150, 9], [(0, 1), (1, 0), (0, 0)], [None] * 3)
    model = model_of(Method.CLS_DET_RS)
    assert gradient_share(model, images.batch(), selected=3) < 0.1
    assert gradient_share(model, images.batch(), selected=None) == 1.0
    value, expected, ours, found, _ = both_ways(images, Method.CLS_DET_RS)
    assert ours.item() == pytest.approx(value.item(), rel=1e-10)
    assert_same(expected, found, tolerance=1e-10)


def test_image_probabilities_come_back_without_a_graph():
    images = odd_cohort(Method.CLS_DET_RS)
    *_, logs = both_ways(images, Method.CLS_DET_RS, rate=0.0)
    model, batch = model_of(Method.CLS_DET_RS), images.batch()
    plain = image_log_probabilities(model(images.rows), batch, k=3)
    assert not logs.positive.requires_grad
    assert torch.allclose(logs.positive, plain.positive)
    assert torch.allclose(logs.negative, plain.negative)


@pytest.mark.parametrize("method", [Method.MAX_REGION, Method.DB_BASELINE, Method.SS_CLS_DET_RS])
def test_logits_in_chunks_are_those_of_the_model(method):
    images, model = odd_cohort(method), model_of(method)
    plain, chunked = model(images.rows), logits_of(model, images.rows, chunk_rows=32)
    assert torch.allclose(plain.cls, chunked.cls)
    assert (plain.det is None) == (chunked.det is None)
    assert plain.det is None or torch.allclose(plain.det, chunked.det)


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("method", [Method.CLS_DET, Method.CLS_DET_RS])
def test_a_step_is_the_same_bit_for_bit_when_it_is_repeated(method, threads):
    images = cohort([300, 1500, 9], [(0, 1), (1, 0), (0, 0)], [None] * 3)
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        steps = [step_in_float32(images, method) for _ in range(2)]
    finally:
        torch.set_num_threads(before)
    for name, gradient in steps[0].items():
        assert torch.equal(gradient, steps[1][name])


def step_in_float32(images, method, *, space=None, products=None, rate=0.5):
    model, batch = model_of(method, dtype=torch.float32), images.batch()
    dropout = Dropout.draw(len(images.rows), HIDDEN, rate=rate, generator=torch.Generator().manual_seed(5))
    gradients(
        model,
        images.rows.float(),
        batch,
        objective=objective_of(batch, method, model.k),
        selected=model.k,
        dropout=dropout,
        space=space,
        products=products,
    )
    return {name: parameter.grad for name, parameter in model.named_parameters()}


def test_memory_used_again_leaves_nothing_behind():
    """A short step after a long one, and a long one after a short one, dense and sparse, in the same memory."""
    space = Workspace()
    long = cohort([2000, 600], [(0, 1), (1, 0)], [None] * 2)
    short = cohort([40, 3], [(0, 1), (0, 0)], [None] * 2)
    assert len(long.rows) > CHUNK_ROWS
    for images in (short, long, short):
        for method in (Method.CLS_DET, Method.CLS_DET_RS):
            kept, fresh = step_in_float32(images, method, space=space), step_in_float32(images, method)
            for name, gradient in fresh.items():
                assert torch.equal(gradient, kept[name])


@pytest.mark.parametrize("method", [Method.CLS_DET, Method.SS_CLS_DET_RS])
def test_products_in_bfloat16_give_float32_gradients_near_the_exact_ones(method):
    exact = step_in_float32(odd_cohort(method), method)
    rough = step_in_float32(odd_cohort(method), method, products=torch.bfloat16)
    for name, gradient in exact.items():
        assert rough[name].dtype == torch.float32
        assert 0.0 < (rough[name] - gradient).norm() < 0.05 * gradient.norm(), name


def test_chunks_that_cut_through_a_word_of_bits_are_refused():
    images = odd_cohort(Method.CLS_DET)
    with pytest.raises(ValueError, match="not a multiple of 32"):
        both_ways(images, Method.CLS_DET, chunk_rows=WORD + 1)


def test_dropout_drops_its_share_and_keeps_the_expectation():
    for rate in (0.25, 0.5):
        dropout = Dropout.draw(2001, 127, rate=rate, generator=torch.Generator().manual_seed(1))
        keep = dropout.mask(2001)
        assert keep.shape == (2001, 127)
        assert (keep == 0).float().mean().item() == pytest.approx(rate, abs=0.005)
        assert keep.mean().item() == pytest.approx(1.0, abs=0.01)
        assert sorted(keep.unique().tolist()) == pytest.approx([0.0, 1.0 / (1.0 - rate)])


@pytest.mark.parametrize("rate", [0.25, 0.5])
def test_dropout_drops_every_unit_and_every_region_alike_and_independently(rate):
    keep = Dropout.draw(20_000, 16, rate=rate, generator=torch.Generator().manual_seed(1)).mask(20_000)
    dropped = (keep == 0).double()
    assert dropped.mean(dim=0).tolist() == pytest.approx([rate] * 16, abs=0.02)
    assert dropped.view(-1, 32, 16).mean(dim=(0, 2)).tolist() == pytest.approx([rate] * 32, abs=0.03)
    bound = 4.5 / math.sqrt(20_000)
    for shift in (1, 2, 32):  # a bit beside it, and the same bit of the next word
        a, b = dropped[:-shift] - rate, dropped[shift:] - rate
        assert ((a * b).mean(dim=0) / (rate * (1 - rate))).abs().max().item() < bound
    correlation = np.corrcoef(dropped.numpy().T) - np.eye(16)
    assert np.abs(correlation).max() < bound


@pytest.mark.parametrize("rate", [0.25, 0.5])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_dropout_of_some_regions_is_that_of_all(rate, dtype):
    dropout = Dropout.draw(100, 7, rate=rate, generator=torch.Generator().manual_seed(1))
    piece = torch.ones(36, 7, dtype=dtype)
    dropout.apply_(piece, slice(64, 100))
    assert torch.equal(piece * dropout.scale, dropout.mask(100, dtype=dtype)[64:])


def test_the_same_generator_drops_the_same_units():
    first, second = (
        Dropout.draw(70, 9, rate=0.5, generator=torch.Generator().manual_seed(4)).mask(70) for _ in range(2)
    )
    assert torch.equal(first, second)


def test_no_dropout_makes_no_mask():
    assert Dropout.draw(5, 5, rate=0.0, generator=torch.Generator()) is None
