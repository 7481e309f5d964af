"""How fast bootstrap intervals are, beside scikit-learn and beside plain loops, and that pAUCR is what it should be.

As many images as the paper has: 2,967, of which 253 are positive, four to a patient, 20 regions each for FROC.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from core.bench.figures import ROUNDS, Figure, processor_seconds, side_by_side
from core.metrics import (
    FPPI_LEVELS,
    HIGH_SENSITIVITY,
    OPERATING_SENSITIVITY,
    RESAMPLES,
    FrocImage,
    froc_resamples,
    patient_weights,
    paucr,
    roc_resamples,
)

IMAGES, POSITIVE, REGIONS = 2967, 253, 20
LOOPED = 20  # resamples of the loop of scikit-learn in one round; the time is scaled
THRESHOLDS = 101  # of the plain FROC loop

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]


def figures(*, rounds: int = ROUNDS) -> Iterator[Figure]:
    """Processor time of 1,000 resamples, ratios, and the largest error of pAUCR."""
    score, positive, patient = cohort()
    weights = patient_weights(patient, resamples=LOOPED, seed=0).astype(np.intp)
    images = froc_images(score, positive)
    ways = {
        "roc": lambda: roc_resamples(score, positive, patient),
        "scikit-learn": lambda: [scikit_learn_measures(score, positive, row) for row in weights],
        "froc": lambda: froc_resamples(images, patient),
    }
    taken = side_by_side(ways, rounds=rounds)
    roc, peer, froc = taken["roc"], taken["scikit-learn"] * RESAMPLES / LOOPED, taken["froc"]
    note = f"AUROC, pAUCR and specificity at 0.85 and 0.90; {IMAGES:,} images, {POSITIVE} positive"
    yield Figure("1,000 resamples of ROC", roc, "s", note)
    note = f"roc_auc_score and roc_curve for each of {LOOPED} resamples, scaled: {peer:.3g} s"
    yield Figure("ROC: times faster than scikit-learn", peer / roc, "x", note, at_least=50)
    regions = sum(len(image.score) for image in images)
    yield Figure("1,000 resamples of FROC", froc, "s", f"{len(FPPI_LEVELS)} levels, {regions:,} regions")
    loop = RESAMPLES * processor_seconds(lambda: loop_froc(images, weights[0], levels=FPPI_LEVELS))
    note = f"plain Python over {THRESHOLDS} thresholds, one resample timed and scaled: {loop:,.0f} s"
    yield Figure("FROC: times faster than a plain loop", loop / froc, "x", note, at_least=1500)
    error = max(abs((paucr(s, p) or 0.0) - mann_whitney(s, p)) for s, p in _draws())
    note = "over the lowest-scored fifth of the positives, largest of 100 draws"
    yield Figure("pAUCR beside Mann-Whitney", error, "", note, at_most=1e-12)


def cohort(*, seed: int = 0) -> tuple[FloatArray, BoolArray, list[int]]:
    """Scores, labels and patients."""
    random = np.random.default_rng(seed)
    positive = random.permutation(np.arange(IMAGES) < POSITIVE)
    return random.normal(positive * 0.8), positive, [index // 4 for index in range(IMAGES)]


def froc_images(score: FloatArray, positive: BoolArray, *, seed: int = 1) -> list[FrocImage]:
    """Images with regions of random scores; about one region in seven of a positive image is a hit."""
    random = np.random.default_rng(seed)
    return [
        FrocImage(
            float(1 / (1 + np.exp(-s))), bool(p), random.random(REGIONS), (random.random(REGIONS) < 0.15) & p
        )
        for s, p in zip(score, positive, strict=True)
    ]


def scikit_learn_measures(score: FloatArray, positive: BoolArray, times: NDArray[np.intp]) -> list[float]:
    """AUROC, pAUCR and two specificities of one resample, read off the points of roc_curve."""
    from sklearn.metrics import roc_auc_score, roc_curve

    drawn = np.repeat(np.arange(len(score)), times)
    false, true, _ = roc_curve(positive[drawn], score[drawn], drop_intermediate=False)
    low = np.clip(HIGH_SENSITIVITY, true[:-1], true[1:])
    height = np.diff(true)
    share = np.divide(low - true[:-1], height, out=np.zeros_like(height), where=height > 0)
    at_low = false[:-1] + share * np.diff(false)
    area = ((true[1:] - low) * (1 - (at_low + false[1:]) / 2)).sum() / (1 - HIGH_SENSITIVITY)
    specificities = []
    for at in (0.85, 0.90):
        here = int(np.argmax(true >= at - 1e-9))
        part = (at - true[here - 1]) / (true[here] - true[here - 1])
        specificities.append(1 - (false[here - 1] + part * (false[here] - false[here - 1])))
    return [float(roc_auc_score(positive[drawn], score[drawn])), float(area), *map(float, specificities)]


def loop_froc(
    images: Sequence[FrocImage],
    times: NDArray[np.intp],
    *,
    levels: Sequence[float],
    thresholds: int = THRESHOLDS,
) -> list[float]:
    """Sensitivities at FPPI levels of one resample, with sets and plain loops, at evenly spaced thresholds."""
    drawn = [image for image, count in zip(images, times.tolist(), strict=True) for _ in range(count)]
    probabilities = sorted((image.probability for image in drawn if image.is_positive), reverse=True)
    needed = max(int(np.ceil(OPERATING_SENSITIVITY * len(probabilities) - 1e-9)), 1)
    called = [image for image in drawn if image.probability >= probabilities[needed - 1]]
    regions = [list(zip(image.score.tolist(), image.is_hit.tolist(), strict=True)) for image in called]
    positives = sum(image.is_positive for image in called)
    best = dict.fromkeys(levels, 0.0)
    for step in range(thresholds):
        threshold, found, false = 1 - step / (thresholds - 1), set(), 0
        for number, shown in enumerate(regions):
            for score, is_hit in shown:
                if score >= threshold and score > 0:
                    if is_hit:
                        found.add(number)
                    else:
                        false += 1
        for level in levels:
            if false / len(called) <= level:
                best[level] = max(best[level], len(found) / positives)
    return list(best.values())


def mann_whitney(score: FloatArray, positive: BoolArray) -> float:
    """Share of pairs of a negative and one of the lowest-scored fifth of the positives in which the positive is higher.

    For distinct scores; a positive that lies half in the fifth counts half.
    """
    lowest, negative = np.sort(score[positive]), score[~positive]
    wanted = (1 - HIGH_SENSITIVITY) * len(lowest)
    weight = np.clip(wanted - np.arange(len(lowest)), 0, 1)
    return float((weight * (negative[None] < lowest[:, None]).mean(axis=1)).sum() / wanted)


def _draws() -> Iterator[tuple[FloatArray, BoolArray]]:
    for seed in range(100):
        random = np.random.default_rng(seed)
        positive = np.arange(400) < random.integers(5, 200)
        yield random.normal(positive * 1.0), positive
