"""The objectives of the paper as pure functions of tensors, in log space, over ragged batches of images.

Letters: n images of a batch, T regions of all of them together, m regions of the longest image, C classes of
p_cls (3 for N, B, M; 2 for B, M where there is no N class), k selected regions. Logits are channel-major, one
row a class. Whatever goes by image is padded to (.., n, m); only logits are ever padded, never features.

Everything is a log likelihood to be maximised; `loss` is its negative. No logarithm is clipped: log(1 - p) is the
log-sum-exp of the complements, so p = 0 and p = 1 keep finite values and finite gradients.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import torch
from torch import Tensor

from core.domain import RegionLabel

NEGATIVE_INFINITY = float("-inf")


@dataclass(frozen=True, eq=False, slots=True)
class Logits:
    """The head's outputs for T regions. cls: (C, T) for ([N,] B, M); det: (2, T) for (B, M), or None."""

    cls: Tensor
    det: Tensor | None


@dataclass(frozen=True, eq=False, slots=True)
class Batch:
    """What is known of n images whose regions stand one after the other in T rows.

    offsets: (n + 1,) int64; the regions of image t are rows offsets[t] to offsets[t + 1], at least one.
    targets: (n, 2) bool, y_c for (B, M).
    is_annotated: (n,) bool, the image is in F (Sec. IV).
    region_labels: (T,) int8, RegionLabel; only those of images in F count.
    position: (T,) int64, place of each region in the flattened (n, m) table; width: m.
    """

    offsets: Tensor
    targets: Tensor
    is_annotated: Tensor
    region_labels: Tensor
    position: Tensor
    width: int

    @classmethod
    def of(cls, offsets: Tensor, *, targets: Tensor, is_annotated: Tensor, region_labels: Tensor) -> Self:
        """Lay out the padded table once for all terms."""
        sizes = offsets.diff()
        if len(sizes) == 0 or int(sizes.min()) < 1:
            raise ValueError("a batch needs at least one image, and every image at least one region")
        width = int(sizes.max())
        shift = torch.arange(len(sizes), device=offsets.device) * width - offsets[:-1]
        position = torch.arange(int(offsets[-1]), device=offsets.device) + shift.repeat_interleave(sizes)
        return cls(offsets, targets, is_annotated, region_labels, position, width)

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def pad(self, values: Tensor, *, fill: float | bool = NEGATIVE_INFINITY) -> Tensor:
        """(C, T) by region to (C, n, m) by image, `fill` where an image has fewer regions."""
        table = values.new_full((len(values), len(self) * self.width), fill)
        places = self.position.expand(len(values), -1)  # scatter takes a twentieth of the time of index_copy
        return table.scatter_(1, places, values).view(len(values), len(self), self.width)

    def by_region(self, values: Tensor) -> Tensor:
        """(R, n) by image to (R, T), each region with the value of its image."""
        return values.repeat_interleave(self.offsets.diff(), dim=1, output_size=len(self.position))

    def region_numbers(self, places: Tensor) -> Tensor:
        """Rows of regions by their places in the padded table; a place on padding gives its image's first region.

        places: (2, n, k) int64, in [0, m). Returns (2, n, k), in [0, T).
        """
        sizes, starts = self.offsets.diff()[:, None], self.offsets[:-1, None]
        return starts + places.where(places < sizes, 0)

    def region_labels_in_annotated(self) -> Tensor:
        """(T,) int8, region labels of images in F; IGNORED everywhere else."""
        in_annotated = self.is_annotated.repeat_interleave(self.offsets.diff())
        return self.region_labels.where(in_annotated, int(RegionLabel.IGNORED))

    def has_malignant_region(self) -> Tensor:
        """(n,) bool, images in F with a region labelled M: those of Eq. 9."""
        malignant = (self.region_labels_in_annotated() == RegionLabel.M)[None]
        return self.pad(malignant, fill=False)[0].any(dim=1)

    def counts(self) -> Counts:
        """The sizes that scale the terms, taken over this batch."""
        labelled = self.region_labels_in_annotated() != RegionLabel.IGNORED
        return Counts(
            images=len(self),
            weak=len(self) - int(self.is_annotated.sum()),
            annotated=int(self.has_malignant_region().sum()),
            labelled_regions=int(labelled.sum()),
        )


@dataclass(frozen=True, slots=True)
class Counts:
    """Sizes over a whole training set: n, |W|, |F| (images with an M region only), m_f (regions M and BN)."""

    images: int
    weak: int
    annotated: int
    labelled_regions: int


@dataclass(frozen=True, slots=True)
class Terms:
    """Which terms the method has, and their weights in Eq. 10 and 12."""

    beta: float = 1.0
    lambda2: float = 1.0
    has_detection_loss: bool = True


@dataclass(frozen=True, eq=False, slots=True)
class ImageLogs:
    """log p(y_c = 1 | x) and log p(y_c = 0 | x), each (2, n) for (B, M)."""

    positive: Tensor
    negative: Tensor


def log_class_probabilities(cls: Tensor) -> Tensor:
    """Eq. 1, log p_cls(c | r_i). (C, T) to (C, T); columns sum to 1 after exp."""
    return torch.log_softmax(cls, dim=0)


def log_complements(log_cls: Tensor) -> Tensor:
    """log(1 - p_cls(c | r_i)) for (B, M), as the log-sum of the other classes. (C, T) to (2, T)."""
    if len(log_cls) == 2:
        return log_cls.flip(0)
    normal, benign, malignant = log_cls
    return torch.stack([torch.logaddexp(normal, malignant), torch.logaddexp(normal, benign)])


def select_regions(log_cls: Tensor, *, k: int) -> Tensor:
    """The k regions of each image with the highest p_cls(c), h_c(i) of Eq. 4, by image and by class.

    log_cls: (2, n, m), padded with -inf. Returns (2, n, min(k, m)) int64, in no order. An image of fewer than k
    regions selects all of them; the rest of its places fall on padding, whose detection logit is -inf.
    """
    return torch.topk(log_cls.detach(), min(k, log_cls.shape[2]), dim=2, sorted=False).indices


def image_log_probabilities(logits: Logits, batch: Batch, *, k: int | None = None) -> ImageLogs:
    """Probability that each image holds each kind of finding, Eq. 3 with Eq. 2 (k None) or Eq. 4.

    Since p_det sums to 1 over the regions, p(y_c = 0 | x) is the same average of the complements. Without a
    detection branch (Max-Region): max_i p_cls(c, i), and the complement of that region, whatever k.
    """
    if logits.det is None:
        strongest = select_regions(_padded_likelihoods(logits.cls, batch), k=1)
        positive, negative, _ = _of_selected(logits, batch, strongest)
        return ImageLogs(positive[:, :, 0], negative[:, :, 0])
    if k is None or k >= batch.width:
        log_cls = log_class_probabilities(logits.cls)
        log_det = log_softmax_by_image(logits.det, batch).repeat(2, 1)
        both = log_det + torch.cat([log_cls[-2:], log_complements(log_cls)])
        positive, negative = logsumexp_by_image(both, batch).view(2, 2, -1)
        return ImageLogs(positive, negative)
    selected = select_regions(_padded_likelihoods(logits.cls, batch), k=k)
    positive, negative, exists = _of_selected(logits, batch, selected)
    regions = batch.region_numbers(selected)
    det = logits.det.gather(1, regions.flatten(1)).view(regions.shape)
    log_det = torch.log_softmax(det.masked_fill(~exists, NEGATIVE_INFINITY), dim=2)
    return ImageLogs((log_det + positive).logsumexp(dim=2), (log_det + negative).logsumexp(dim=2))


def log_softmax_by_image(values: Tensor, batch: Batch) -> Tensor:
    """Log-softmax over the regions of each image. (R, T) to (R, T); each image's sum to 1 after exp."""
    values = values - _highest(values, batch)[1]
    total = batch.pad(values.exp(), fill=0.0).sum(dim=2)
    return values - batch.by_region(total.log())


def logsumexp_by_image(values: Tensor, batch: Batch) -> Tensor:
    """Log-sum-exp over the regions of each image, (R, T) to (R, n).

    Exponentials are taken of regions alone: those of the padding, of minus infinity, take several times as long.
    """
    highest, by_region = _highest(values, batch)
    total = batch.pad((values - by_region).exp(), fill=0.0).sum(dim=2)
    return total.log() + highest


@torch.no_grad()
def _highest(values: Tensor, batch: Batch) -> tuple[Tensor, Tensor]:
    """The highest of each image, (R, n), and the same by region, (R, T); constants, which cancel in the gradient."""
    highest = batch.pad(values).amax(dim=2)
    return highest, batch.by_region(highest)


@torch.no_grad()
def _padded_likelihoods(cls: Tensor, batch: Batch) -> Tensor:
    """What to select by, log p_cls(c | r_i) by image for (B, M), without a gradient: (2, n, m)."""
    return batch.pad(log_class_probabilities(cls)[-2:])


def _of_selected(logits: Logits, batch: Batch, selected: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """What was selected for c: log p_cls(c) and log(1 - p_cls(c)), and which of them exist; each (2, n, k).

    Only what was selected is differentiated: Eq. 1 of k regions for each class instead of all of an image.
    """
    regions = batch.region_numbers(selected)
    flat = regions.flatten().expand(len(logits.cls), -1)
    log_cls = log_class_probabilities(logits.cls.gather(1, flat).view(-1, *regions.shape))
    complements = log_complements(log_cls)
    positive = torch.stack([log_cls[-2, 0], log_cls[-1, 1]])
    negative = torch.stack([complements[0, 0], complements[1, 1]])
    return positive, negative, selected < batch.offsets.diff()[:, None]


def weak_likelihoods(images: ImageLogs, batch: Batch) -> Tensor:
    """The summands of Eq. 5, log p(y_c(t) | x(t)) with the true y_c. Returns (2, n) for (B, M)."""
    return torch.where(batch.targets.T, images.positive, images.negative)


def weak_sum(images: ImageLogs, batch: Batch) -> Tensor:
    """Eq. 5: the sum over classes and images. Returns a scalar."""
    return weak_likelihoods(images, batch).sum()


def weak_objective(images: ImageLogs, batch: Batch, *, counts: Counts) -> Tensor:
    """L^W, Eq. 11: M over the images outside F, divided by |W|; B over all images, divided by n.

    Where F is empty this is Eq. 5 divided by n: the mean over the images, not the paper's sum, so that a weakly
    supervised method sees the same step whatever the size of its cohort.
    """
    benign, malignant = weak_likelihoods(images, batch)
    weak = malignant.masked_fill(batch.is_annotated, 0.0)
    return _mean(weak.sum(), counts.weak) + _mean(benign.sum(), counts.images)


def region_likelihood(cls: Tensor, batch: Batch) -> Tensor:
    """L_Cls^F, Eq. 8: sum of log p_cls(y_i | r_i) over the labelled regions of F; p(BN) = 1 - p_cls(M).

    cls: (C, T) logits. Returns a scalar; 0 where no region is labelled.
    """
    labels = batch.region_labels_in_annotated()
    is_labelled = labels != RegionLabel.IGNORED
    log_cls = log_class_probabilities(cls[:, is_labelled])
    is_malignant = labels[is_labelled] == RegionLabel.M
    return torch.where(is_malignant, log_cls[-1], log_complements(log_cls)[-1]).sum()


def detection_likelihood(det: Tensor, batch: Batch) -> Tensor:
    """|F| times L_Det^F, Eq. 9: sum over F of log sum over the M regions of p_det^M(i).

    det: (2, T) logits. p_det is the softmax over all regions (Eq. 2), not the selected ones, so that a missed
    region gets a gradient. An image without an M region has no such sum and is left out. Returns a scalar.
    """
    images = batch.has_malignant_region()
    is_malignant = (batch.region_labels_in_annotated() == RegionLabel.M)[None]
    among_malignant = batch.pad(is_malignant, fill=False)[0, images]
    log_det = torch.log_softmax(batch.pad(det[1:])[0, images], dim=1)
    return log_det.masked_fill(~among_malignant, NEGATIVE_INFINITY).logsumexp(dim=1).sum()


def full_objective(logits: Logits, batch: Batch, *, counts: Counts, terms: Terms) -> Tensor:
    """L^F, Eq. 10: lambda1 L_Cls^F + L_Det^F with lambda1 = beta / m_f. Returns a scalar."""
    value = terms.beta * _mean(region_likelihood(logits.cls, batch), counts.labelled_regions)
    if terms.has_detection_loss and logits.det is not None:
        value = value + _mean(detection_likelihood(logits.det, batch), counts.annotated)
    return value


def loss(logits: Logits, images: ImageLogs, batch: Batch, *, counts: Counts, terms: Terms) -> Tensor:
    """Negative of Eq. 12, lambda2 L^W + L^F. Returns a scalar.

    With the counts of a whole training set, the losses of its mini-batches add up to the loss of the set: each
    term keeps the scale that it has over the whole set.
    """
    weak = terms.lambda2 * weak_objective(images, batch, counts=counts)
    if counts.labelled_regions == 0:
        return -weak
    return -(weak + full_objective(logits, batch, counts=counts, terms=terms))


def _mean(total: Tensor, count: int) -> Tensor:
    return total / count if count else total * 0.0
