"""The objectives against the paper's formulas, written out in float64 numpy with loops."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pytest
import torch
from scipy.special import log_softmax, logsumexp

from core.losses import (
    Batch,
    Counts,
    Logits,
    Terms,
    detection_likelihood,
    full_objective,
    image_log_probabilities,
    log_class_probabilities,
    log_complements,
    log_softmax_by_image,
    logsumexp_by_image,
    loss,
    region_likelihood,
    select_regions,
    weak_objective,
    weak_sum,
)
from core.recipe import Method

NORMAL, BENIGN, MALIGNANT = 0, 1, 2  # rows of p_cls
M, BN, IGNORED = 1, 0, -1


@dataclass
class Case:
    """Images as the paper has them: one list entry an image."""

    cls: list[np.ndarray]  # (m, C) logits
    det: list[np.ndarray]  # (m, 2) logits
    y: list[tuple[int, int]]  # (y_B, y_M)
    labels: list[list[int] | None]  # region labels where the image is in F
    has_det: bool = True  # False: Max-Region

    def tensors(self, dtype=torch.float64):
        sizes = [len(cls) for cls in self.cls]
        region_labels = [IGNORED] * sum(sizes)
        at = 0
        for size, labels in zip(sizes, self.labels, strict=True):
            region_labels[at : at + size] = labels if labels is not None else [IGNORED] * size
            at += size
        batch = Batch.of(
            torch.tensor([0, *np.cumsum(sizes)]),
            targets=torch.tensor(self.y, dtype=torch.bool),
            is_annotated=torch.tensor([labels is not None for labels in self.labels]),
            region_labels=torch.tensor(region_labels, dtype=torch.int8),
        )
        cls = torch.tensor(np.concatenate(self.cls).T.copy(), dtype=dtype, requires_grad=True)
        det = torch.tensor(np.concatenate(self.det).T.copy(), dtype=dtype, requires_grad=True)
        return Logits(cls, det if self.has_det else None), batch


def softmax(values):
    powers = np.exp(np.asarray(values, float) - np.max(values))
    return powers / powers.sum()


def paper_image_probability(cls, det, c, k):
    """p(y_c = 1 | x), Eq. 1 to 4; c counts from 0 in (B, M); k None means no selection."""
    row = c + cls.shape[1] - 2
    p_cls = [softmax(region)[row] for region in cls]
    if det is None:
        return max(p_cls)
    chosen = list(range(len(cls)))
    if k is not None:
        chosen = sorted(chosen, key=lambda i: -p_cls[i])[:k]
    weights = softmax([det[i, c] for i in chosen])
    return sum(weight * p_cls[i] for weight, i in zip(weights, chosen, strict=True))


def paper_weak(case, c, k, images):
    total = 0.0
    for t in images:
        p = paper_image_probability(case.cls[t], case.det[t] if case.has_det else None, c, k)
        total += math.log(p) if case.y[t][c] else math.log(1.0 - p)
    return total


def paper_objective(case, k, *, beta=1.0, lambda2=1.0, has_detection=True):
    """Eq. 12 over a whole set."""
    n = len(case.cls)
    full = [t for t in range(n) if case.labels[t] is not None]
    weak = [t for t in range(n) if case.labels[t] is None]
    value = lambda2 * paper_weak(case, 0, k, range(n)) / n
    if weak:
        value += lambda2 * paper_weak(case, 1, k, weak) / len(weak)
    labelled, m_f = 0.0, 0
    detection, with_malignant = 0.0, 0
    for t in full:
        p_det = softmax(case.det[t][:, 1])
        mass = 0.0
        for i, label in enumerate(case.labels[t]):
            p_malignant = softmax(case.cls[t][i])[-1]
            if label == M:
                labelled += math.log(p_malignant)
                mass += p_det[i]
            elif label == BN:
                labelled += math.log(1.0 - p_malignant)
            m_f += label != IGNORED
        if M in case.labels[t]:
            detection += math.log(mass)
            with_malignant += 1
    if m_f:
        value += beta / m_f * labelled
    if has_detection and with_malignant:
        value += detection / with_malignant
    return value


def random_case(seed, sizes, *, classes=3, y=None, labels=None):
    rng = np.random.default_rng(seed)
    return Case(
        cls=[rng.normal(scale=2.0, size=(m, classes)) for m in sizes],
        det=[rng.normal(scale=2.0, size=(m, 2)) for m in sizes],
        y=y or [tuple(rng.integers(0, 2, 2)) for _ in sizes],
        labels=labels or [None] * len(sizes),
    )


def all_kinds(seed=3):
    """m < k, m = 1, no M region, all ignored, both findings, a plain weak image of each label."""
    return random_case(
        seed,
        [17, 1, 4, 12, 15, 6, 9],
        y=[(1, 1), (0, 1), (0, 1), (0, 1), (1, 0), (0, 0), (0, 1)],
        labels=[
            [M, M, IGNORED, *[BN] * 14],
            [M],
            [BN, BN, IGNORED, BN],
            [IGNORED] * 12,
            None,
            None,
            None,
        ],
    )


def objective(case, *, k, terms=None, counts=None):
    logits, batch = case.tensors()
    images = image_log_probabilities(logits, batch, k=k)
    return -loss(logits, images, batch, counts=counts or batch.counts(), terms=terms or Terms()).item()


def test_every_term_of_equation_12_worked_out_by_hand():
    """Image 0 is in F and malignant, image 1 is benign; probabilities are halves and quarters (N, B, M), (B, M)."""
    case = Case(
        cls=[
            np.log([[0.25, 0.25, 0.5], [0.5, 0.25, 0.25], [0.5, 0.25, 0.25]]),
            np.log([[0.5, 0.25, 0.25], [0.25, 0.5, 0.25]]),
        ],
        det=[np.log([[1.0, 1.0], [1.0, 2.0], [1.0, 1.0]]), np.log([[1.0, 1.0], [3.0, 1.0]])],
        y=[(0, 1), (1, 0)],
        labels=[[M, BN, IGNORED], None],
    )
    p_benign_of_1 = 0.25 * 0.25 + 0.75 * 0.5  # Eq. 3
    weak_malignant = math.log(0.75) / 1  # |W| = 1: image 1 alone, where p(y_M = 1) = 0.25
    weak_benign = (
        math.log(0.75) + math.log(p_benign_of_1)
    ) / 2  # n = 2; image 0 is not benign: log(1 - 0.25)
    regions = (math.log(0.5) + math.log(0.75)) / 2  # m_f = 2: one M, one BN; the third is ignored
    detection = math.log(0.25) / 1  # |F| = 1: p_det of the M region is 1 / (1 + 2 + 1)
    expected = weak_malignant + weak_benign + regions + detection
    assert objective(case, k=None) == pytest.approx(expected, abs=1e-12)


def test_selection_in_equation_12_by_hand():
    """With k = 1 the benign image is judged by its most benign region alone; Eq. 9 still sees all regions."""
    case = Case(
        cls=[
            np.log([[0.25, 0.25, 0.5], [0.5, 0.25, 0.25]]),
            np.log([[0.5, 0.25, 0.25], [0.125, 0.5, 0.375]]),
        ],
        det=[np.log([[1.0, 1.0], [1.0, 3.0]]), np.log([[9.0, 9.0], [1.0, 1.0]])],
        y=[(0, 1), (1, 0)],
        labels=[[BN, M], None],
    )
    weak = math.log(1 - 0.375) / 1 + (math.log(0.75) + math.log(0.5)) / 2
    full = (math.log(0.5) + math.log(0.25)) / 2 + math.log(0.75) / 1
    assert objective(case, k=1) == pytest.approx(weak + full, abs=1e-12)


@pytest.mark.parametrize("k", [None, 1, 3, 10, 100])
@pytest.mark.parametrize("classes", [2, 3])
def test_image_probability_is_equation_3(k, classes):
    case = random_case(0, [1, 5, 23, 10], classes=classes)
    logits, batch = case.tensors()
    images = image_log_probabilities(logits, batch, k=k)
    for t in range(4):
        for c in range(2):
            p = paper_image_probability(case.cls[t], case.det[t], c, k)
            assert images.positive[c, t].exp().item() == pytest.approx(p, rel=1e-12)
            assert images.negative[c, t].exp().item() == pytest.approx(1.0 - p, rel=1e-12)


def test_without_detection_the_image_probability_is_that_of_its_strongest_region():
    case = random_case(1, [1, 5, 23])
    logits, batch = case.tensors()
    images = image_log_probabilities(Logits(logits.cls, None), batch)
    for t in range(3):
        for c in range(2):
            p = max(softmax(region)[c + 1] for region in case.cls[t])
            assert images.positive[c, t].exp().item() == pytest.approx(p, rel=1e-12)
            assert images.negative[c, t].exp().item() == pytest.approx(1.0 - p, rel=1e-12)


@pytest.mark.parametrize("k", [None, 2, 10])
def test_weak_sum_is_equation_5(k):
    case = random_case(2, [1, 5, 23, 10, 2])
    logits, batch = case.tensors()
    images = image_log_probabilities(logits, batch, k=k)
    expected = sum(paper_weak(case, c, k, range(5)) for c in range(2))
    assert weak_sum(images, batch).item() == pytest.approx(expected, rel=1e-12)


def test_weak_objective_without_annotated_images_is_equation_5_over_n():
    case = random_case(2, [1, 5, 23, 10, 2])
    logits, batch = case.tensors()
    images = image_log_probabilities(logits, batch, k=3)
    mean = weak_objective(images, batch, counts=batch.counts()).item()
    assert mean == pytest.approx(weak_sum(images, batch).item() / 5, rel=1e-12)


def test_annotated_images_leave_the_weak_malignant_term_but_stay_in_the_benign_one():
    case = all_kinds()
    logits, batch = case.tensors()
    images = image_log_probabilities(logits, batch, k=10)
    expected = paper_weak(case, 1, 10, [4, 5, 6]) / 3 + paper_weak(case, 0, 10, range(7)) / 7
    assert weak_objective(images, batch, counts=batch.counts()).item() == pytest.approx(expected, rel=1e-12)


def test_region_likelihood_is_equation_8_with_ignored_regions_left_out():
    case = all_kinds()
    logits, batch = case.tensors()
    expected = 0.0
    for cls, labels in zip(case.cls, case.labels, strict=True):
        for region, label in zip(cls, labels or [], strict=labels is not None):
            p = softmax(region)[MALIGNANT]
            expected += {M: math.log(p), BN: math.log(1 - p), IGNORED: 0.0}[label]
    assert region_likelihood(logits.cls, batch).item() == pytest.approx(expected, rel=1e-12)


def test_detection_likelihood_is_equation_9_over_all_regions_not_the_selected_ones():
    case = all_kinds()
    logits, batch = case.tensors()
    mass = softmax(case.det[0][:, 1])[:2].sum()
    assert detection_likelihood(logits.det, batch).item() == pytest.approx(math.log(mass), rel=1e-12)


@pytest.mark.parametrize("k", [None, 3, 10])
@pytest.mark.parametrize("has_detection", [True, False])
def test_loss_is_the_negative_of_equation_12(k, has_detection):
    case = all_kinds()
    terms = Terms(beta=0.7, lambda2=1.3, has_detection_loss=has_detection)
    expected = paper_objective(case, k, beta=0.7, lambda2=1.3, has_detection=has_detection)
    assert objective(case, k=k, terms=terms) == pytest.approx(expected, rel=1e-12)


def test_loss_in_single_precision_agrees_to_one_in_a_million():
    case = all_kinds()
    logits, batch = case.tensors(torch.float32)
    images = image_log_probabilities(logits, batch, k=10)
    value = loss(logits, images, batch, counts=batch.counts(), terms=Terms()).item()
    assert -value == pytest.approx(paper_objective(case, 10), rel=1e-6)


def test_every_image_annotated_leaves_no_weak_malignant_term():
    case = random_case(5, [6, 8], y=[(0, 1), (1, 1)], labels=[[M, *[BN] * 5], [BN] * 7 + [M]])
    assert objective(case, k=3) == pytest.approx(paper_objective(case, 3), rel=1e-12)


def test_losses_of_mini_batches_add_up_to_the_loss_of_the_set():
    case = all_kinds()
    counts = case.tensors()[1].counts()
    parts = [
        Case(*(getattr(case, name)[piece] for name in ("cls", "det", "y", "labels")))
        for piece in (slice(0, 2), slice(2, 3), slice(3, 7))
    ]
    total = sum(objective(part, k=10, counts=counts) for part in parts)
    assert total == pytest.approx(objective(case, k=10), rel=1e-12)


def test_counts_are_those_of_the_paper():
    _, batch = all_kinds().tensors()
    assert batch.counts() == Counts(images=7, weak=3, annotated=2, labelled_regions=16 + 1 + 3)


def test_region_labels_of_an_image_outside_f_do_not_count():
    case = all_kinds()
    logits, batch = case.tensors()
    labels = batch.region_labels.clone()
    labels[batch.offsets[4] :] = M
    loud = Batch.of(
        batch.offsets, targets=batch.targets, is_annotated=batch.is_annotated, region_labels=labels
    )
    images = image_log_probabilities(logits, loud, k=10)
    value = loss(logits, images, loud, counts=loud.counts(), terms=Terms())
    assert -value.item() == pytest.approx(paper_objective(case, 10), rel=1e-12)


@pytest.mark.parametrize("k", [None, 3])
def test_order_of_regions_does_not_matter(k):
    case = all_kinds()
    rng = np.random.default_rng(0)
    orders = [rng.permutation(len(cls)) for cls in case.cls]
    mixed = Case(
        [cls[order] for cls, order in zip(case.cls, orders, strict=True)],
        [det[order] for det, order in zip(case.det, orders, strict=True)],
        case.y,
        [labels and [labels[i] for i in order] for labels, order in zip(case.labels, orders, strict=True)],
    )
    assert objective(mixed, k=k) == pytest.approx(objective(case, k=k), rel=1e-12)


def case_of(method, kind, *, seed=11):
    """Small images for one method: the odd ones, all outside F, or all in F. Returns them with k and the terms."""
    sizes, y = [6, 1, 3, 4, 5, 2, 3], [(1, 1), (0, 1), (0, 1), (0, 1), (1, 0), (0, 0), (1, 1)]
    annotated = [[M, M, IGNORED, BN, BN, BN], [M], [BN, IGNORED, BN], [IGNORED] * 4, None, None, None]
    if kind == "all in F":
        sizes, y, annotated = sizes[:3], y[:3], [annotated[0], [M], [BN, M, IGNORED]]
    if kind == "F empty" or not method.is_semi_supervised:
        annotated = [None] * len(sizes)
    classes = 2 if method is Method.DB_BASELINE else 3
    case = random_case(seed, sizes, classes=classes, y=y, labels=annotated)
    case.has_det = method is not Method.MAX_REGION
    k = 3 if method.value.endswith("RS") else None
    return case, k, Terms(beta=0.7, lambda2=1.3, has_detection_loss=method is not Method.SS_BASELINE_RS)


SEMI = [method for method in Method if method.is_semi_supervised]
EVERY_CASE = pytest.mark.parametrize(
    ("method", "kind"),
    [(method, "odd") for method in Method]
    + [(method, kind) for method in SEMI for kind in ("F empty", "all in F")],
)


@EVERY_CASE
@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float64, 1e-12), (torch.float32, 1e-6)])
def test_the_loss_of_every_method_is_that_of_the_loops(method, kind, dtype, tolerance):
    case, k, terms = case_of(method, kind)
    logits, batch = case.tensors(dtype)
    images = image_log_probabilities(logits, batch, k=k)
    value = loss(logits, images, batch, counts=batch.counts(), terms=terms)
    expected = paper_objective(case, k, beta=0.7, lambda2=1.3, has_detection=terms.has_detection_loss)
    assert -value.item() == pytest.approx(expected, rel=tolerance)


@EVERY_CASE
def test_gradients_of_every_method_are_those_of_finite_differences(method, kind):
    case, k, terms = case_of(method, kind)
    logits, batch = case.tensors()

    def value(cls, det=None):
        parts = Logits(cls, det)
        images = image_log_probabilities(parts, batch, k=k)
        return loss(parts, images, batch, counts=batch.counts(), terms=terms)

    inputs = (logits.cls,) if logits.det is None else (logits.cls, logits.det)
    # Fast: along random directions through all inputs at once; each input on its own takes a hundred times as long.
    assert torch.autograd.gradcheck(value, inputs, fast_mode=True)


OBJECTIVES = {
    "Eq. 1": lambda logits, batch: log_class_probabilities(logits.cls),
    "1 - Eq. 1": lambda logits, batch: log_complements(log_class_probabilities(logits.cls)),
    "Eq. 2": lambda logits, batch: log_softmax_by_image(logits.det, batch),
    "Eq. 3": lambda logits, batch: image_log_probabilities(logits, batch).positive,
    "1 - Eq. 3": lambda logits, batch: image_log_probabilities(logits, batch).negative,
    "Eq. 4": lambda logits, batch: image_log_probabilities(logits, batch, k=2).positive,
    "1 - Eq. 4": lambda logits, batch: image_log_probabilities(logits, batch, k=2).negative,
    "Eq. 5": lambda logits, batch: weak_sum(image_log_probabilities(logits, batch, k=2), batch),
    "Eq. 8": lambda logits, batch: region_likelihood(logits.cls, batch),
    "Eq. 9": lambda logits, batch: detection_likelihood(logits.det, batch),
    "Eq. 10": lambda logits, batch: full_objective(logits, batch, counts=batch.counts(), terms=Terms()),
    "Eq. 11": lambda logits, batch: weak_objective(
        image_log_probabilities(logits, batch, k=2), batch, counts=batch.counts()
    ),
}


@pytest.mark.parametrize("equation", list(OBJECTIVES))
def test_gradients_of_every_equation_are_those_of_finite_differences(equation):
    case = random_case(2, [3, 1, 4], y=[(1, 1), (0, 1), (1, 0)], labels=[[M, BN, M], [IGNORED], None])
    logits, batch = case.tensors()
    value = OBJECTIVES[equation]
    # Fully connected to both inputs, so that one that is not used has a gradient of 0 too.
    assert torch.autograd.gradcheck(
        lambda cls, det: value(Logits(cls, det), batch) + 0.0 * (cls.sum() + det.sum()),
        (logits.cls, logits.det),
    )


def test_sums_by_image_are_those_of_scipy_however_far_apart_the_values():
    case = random_case(4, [1, 7, 40, 3])
    logits, batch = case.tensors()
    values = logits.det.detach() * torch.tensor([[1.0], [400.0]])
    softened, summed = log_softmax_by_image(values, batch), logsumexp_by_image(values, batch)
    for t, (start, stop) in enumerate(zip(batch.offsets[:-1], batch.offsets[1:], strict=True)):
        own = values[:, start:stop].numpy()
        assert summed[:, t].tolist() == pytest.approx(logsumexp(own, axis=1).tolist(), rel=1e-12)
        assert np.allclose(softened[:, start:stop], log_softmax(own, axis=1), rtol=1e-12, atol=1e-12)


def test_selected_regions_are_the_k_highest_or_all_of_a_short_image():
    sizes = [1, 4, 30]
    log_cls = torch.randn(2, sum(sizes), generator=torch.Generator().manual_seed(0))
    _, batch = random_case(0, sizes).tensors()
    chosen = select_regions(batch.pad(log_cls), k=4)
    rows = batch.region_numbers(chosen)
    for c in range(2):
        for t, (start, stop) in enumerate(zip(batch.offsets[:-1], batch.offsets[1:], strict=True)):
            best = sorted(range(start, stop), key=lambda row: -log_cls[c, row])[:4]
            assert set(rows[c, t].tolist()) == set(best)


def test_selection_carries_no_gradient_and_unselected_regions_get_none():
    case = random_case(8, [20], y=[(1, 1)])
    logits, batch = case.tensors()
    weak_sum(image_log_probabilities(logits, batch, k=2), batch).backward()
    chosen = set()
    for c in range(2):
        chosen |= set(np.argsort([-softmax(region)[c + 1] for region in case.cls[0]])[:2])
    touched = (logits.cls.grad.abs().sum(0) + logits.det.grad.abs().sum(0)).nonzero()[:, 0]
    assert set(touched.tolist()) == {int(i) for i in chosen}


@pytest.mark.parametrize("k", [None, 3])
@pytest.mark.parametrize("size", [60.0, 500.0, 1e4])
def test_certain_probabilities_keep_finite_values_and_gradients(k, size):
    """At these logits p is 0 or 1 in float32, on the right side and on the wrong one."""
    case = all_kinds()
    for t, cls in enumerate(case.cls):
        for i in range(len(cls)):
            cls[i] = size * np.eye(3)[(i + t) % 3]
        case.det[t] = size * np.sign(case.det[t])
    logits, batch = case.tensors(torch.float32)
    images = image_log_probabilities(logits, batch, k=k)
    value = loss(logits, images, batch, counts=batch.counts(), terms=Terms())
    value.backward()
    assert torch.isfinite(value)
    assert torch.isfinite(logits.cls.grad).all()
    assert torch.isfinite(logits.det.grad).all()


@EVERY_CASE
@pytest.mark.parametrize(
    ("size", "dtype"), [(1e3, torch.float64), (1e3, torch.float32), (1e30, torch.float32)]
)
def test_p_of_0_and_of_1_give_finite_gradients_in_every_method(method, kind, size, dtype):
    case, k, terms = case_of(method, kind)
    for t, cls in enumerate(case.cls):
        for i in range(len(cls)):
            cls[i] = size * np.eye(cls.shape[1])[(i + t) % cls.shape[1]]
        case.det[t] = size * np.sign(case.det[t])
    logits, batch = case.tensors(dtype)
    images = image_log_probabilities(logits, batch, k=k)
    extremes = images.positive.detach().exp()
    assert extremes.min() == 0.0
    assert extremes.max() == 1.0
    value = loss(logits, images, batch, counts=batch.counts(), terms=terms)
    value.backward()
    assert torch.isfinite(value)
    for each in (logits.cls, logits.det):
        assert each is None or torch.isfinite(each.grad).all()


def test_a_probability_too_small_for_a_number_keeps_its_logarithm():
    """Every region says N by 600: p(y_M = 1) is e^-600 / (1 + 2 e^-600), which no float32 can hold."""
    case = Case([np.array([[600.0, 0.0, 0.0]] * 3)], [np.zeros((3, 2))], [(0, 1)], [None])
    logits, batch = case.tensors(torch.float32)
    for k in (None, 2):
        images = image_log_probabilities(logits, batch, k=k)
        assert images.positive[1].item() == pytest.approx(-600.0, rel=1e-6)
        value = loss(logits, images, batch, counts=batch.counts(), terms=Terms())
        assert value.item() == pytest.approx(600.0, rel=1e-6)


@pytest.mark.parametrize("target", [0, 1])
def test_a_certain_and_wrong_image_still_has_a_gradient_towards_the_truth(target):
    cls = np.full((3, 3), -300.0)
    cls[:, NORMAL if target else MALIGNANT] = 300.0
    case = Case([cls], [np.zeros((3, 2))], [(0, target)], [None])
    logits, batch = case.tensors(torch.float32)
    images = image_log_probabilities(logits, batch)
    loss(logits, images, batch, counts=batch.counts(), terms=Terms()).backward()
    slope = logits.cls.grad[MALIGNANT].sum()
    assert slope.item() == pytest.approx(-1.0 if target else 1.0, rel=1e-4)


def test_complements_are_one_minus_the_probability():
    log_cls = torch.log_softmax(torch.randn(3, 50, dtype=torch.float64), dim=0)
    assert torch.allclose(log_complements(log_cls).exp(), 1.0 - log_cls.exp()[1:], atol=1e-14)


def test_an_image_without_regions_is_refused():
    with pytest.raises(ValueError, match="at least one region"):
        Batch.of(
            torch.tensor([0, 3, 3]),
            targets=torch.zeros(2, 2, dtype=torch.bool),
            is_annotated=torch.zeros(2, dtype=torch.bool),
            region_labels=torch.zeros(3, dtype=torch.int8),
        )
