"""How alike two kinds of features are: known answers, and the alignment written out through kernels."""

from __future__ import annotations

import numpy as np
import pytest

from core.errors import UnreadableImageError
from core.feature_comparison import likeness, linear_cka, pictures_of
from core.recipe import GridSettings


def kernel_cka(a: np.ndarray, b: np.ndarray) -> float:
    """Kornblith's definition by the centring matrix and the Hilbert-Schmidt criterion."""
    m = len(a)
    centre = np.eye(m) - np.ones((m, m)) / m
    first, second = a @ a.T, b @ b.T

    def criterion(p, q):
        return np.trace(p @ centre @ q @ centre) / (m - 1) ** 2

    return criterion(first, second) / np.sqrt(criterion(first, first) * criterion(second, second))


@pytest.mark.parametrize(("m", "d", "e"), [(40, 6, 9), (8, 30, 5), (12, 12, 12)])
def test_alignment_is_that_of_its_definition_by_kernels(m, d, e):
    rng = np.random.default_rng(m)
    a = rng.normal(size=(m, d)) + 3
    b = a[:, : min(d, e)] @ rng.normal(size=(min(d, e), e)) + rng.normal(size=(m, e))
    assert linear_cka(a, b) == pytest.approx(kernel_cka(a, b), rel=1e-9)


def test_alignment_does_not_see_rotations_shifts_and_scales():
    rng = np.random.default_rng(0)
    a = rng.normal(size=(50, 8))
    rotation, _ = np.linalg.qr(rng.normal(size=(8, 8)))
    assert linear_cka(a, 5 * a @ rotation + 7) == pytest.approx(1)


def test_likeness_of_known_vectors():
    first = [np.array([[1.0, 0], [0, 1]]), np.array([[1.0, 1], [0, 0]])]
    second = [np.array([[2.0, 0], [1, 0]]), np.array([[1.0, 1], [3, 4]])]
    found = likeness(first, second)
    assert found.regions == 4
    assert found.cosine == pytest.approx((1 + 0 + 1 + 0) / 4)
    assert found.neighbour == pytest.approx((1 + 7 / (5 * np.sqrt(2))) / 2)


def test_equal_features_are_alike_in_every_way():
    features = [np.random.default_rng(i).random((5, 3)) for i in range(2)]
    found = likeness(features, features)
    assert (found.cosine, found.centred, found.cka) == pytest.approx((1, 1, 1))


def test_a_file_that_cannot_be_used_is_told_and_the_others_go_on(tmp_path):
    path = tmp_path / "no picture.dcm"
    path.write_bytes(b"nothing")
    found = list(pictures_of([path], grid=GridSettings()))
    assert [type(one) for one in found] == [UnreadableImageError]
    assert "no picture.dcm" in str(found[0])
