"""What the bench of the head compares: the same bags, a peer that learns, and figures with their bars. Nothing is timed."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from core.bench import head
from core.domain import Label
from core.events import Epoch
from core.recipe import Method


@pytest.fixture(autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def test_the_cohort_is_as_long_and_as_unequal_as_it_says():
    bags = head.cohort(400)
    lengths = np.array([len(bag.features) for bag in bags])
    assert lengths.mean() == pytest.approx(200, rel=0.05)
    assert np.log(lengths).std() == pytest.approx(0.45, rel=0.1)
    assert np.mean([bag.label.is_malignant for bag in bags]) == pytest.approx(0.085, abs=0.04)
    assert all((bag.region_labels is not None) == bag.label.is_malignant for bag in bags)


def test_an_epoch_of_ours_is_one_of_the_products():
    once = head.epochs(head.cohort(6), Method.CLS_DET_RS)
    first, second = once(), once()
    assert isinstance(first, Epoch)
    assert (first.number, second.number) == (1, 2)


def test_the_loop_of_one_bag_a_step_learns():
    bags = head.cohort(30)
    for bag in bags:
        bag.features[0] += 4.0 * (bag.label is Label.BENIGN)
    once = head.one_bag_a_step(bags, loaders=0)
    losses = [once() for _ in range(15)]
    assert losses[-1] < 0.5 * losses[0]


def test_the_two_streams_are_those_of_bilen_and_vedaldi():
    network = head.TwoStreams(4, 5, 2).eval()
    features = torch.randn(7, 4, generator=torch.Generator().manual_seed(0))
    hidden = np.maximum(
        0.0,
        features.numpy() @ network.shared[0].weight.detach().numpy().T
        + network.shared[0].bias.detach().numpy(),
    )
    scores = [
        hidden @ layer.weight.detach().numpy().T + layer.bias.detach().numpy()
        for layer in (network.classification, network.detection)
    ]
    expected = np.zeros(2)
    for i in range(7):
        for c in range(2):
            which = math.exp(scores[0][i, c]) / sum(math.exp(scores[0][i, other]) for other in range(2))
            where = math.exp(scores[1][i, c]) / sum(math.exp(scores[1][j, c]) for j in range(7))
            expected[c] += which * where
    assert network(features).tolist() == pytest.approx(expected.tolist(), rel=1e-5)


def test_gradients_of_the_bench_keep_their_bar():
    figure = head.gradient_error(head.cohort(12))
    assert figure.is_met
    assert figure.value > 0.0


def test_ratios_have_the_bars_and_take_torchmil_at_its_best():
    taken = {head.WAY.format(name): 1.0 for name in head.ENGINE} | {head.LOOP: 9.0, head.LEAN: 6.0}
    taken |= {head.TORCHMIL.format(size): seconds for size, seconds in ((1, 8.0), (32, 4.0), (256, 6.0))}
    figures = {
        figure.name: figure for figure in head.ratios(taken, rs_bar=10.0, dense_bar=6.0, torchmil_bar=3.0)
    }
    assert not figures["region selection: times faster than one bag a step"].is_met
    assert figures["dense: times faster than one bag a step"].is_met
    lean = figures["dense: times faster than one bag a step without loader processes"]
    assert (lean.value, lean.is_met) == (6.0, None)
    assert figures["region selection: times faster than torchmil at its best"].value == 4.0


def test_without_torchmil_the_line_says_so():
    taken = {head.WAY.format(name): 1.0 for name in head.ENGINE} | {head.LOOP: 9.0, head.LEAN: 6.0}
    *_, last = head.ratios(taken)
    assert last.is_met is None
    assert "not installed" in last.note
