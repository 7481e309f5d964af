"""What readers say of one image, side by side, in lines."""

from __future__ import annotations

from itertools import combinations

from app.translation import tr, tr_data
from core.agreement import ImageAgreement, compare_image
from core.domain import Contour, FindingClass, ImageId, Role
from storage.store import DEFAULT_ALPHA, Store


def review_lines(store: Store, image_id: ImageId) -> list[str]:
    """A line for each reader, and one for each two of them."""
    drawn: dict[str, list[Contour]] = {name: [] for name in store.readers_of(image_id)}
    for finding in store.findings(image_id):
        if finding.role is Role.READER and finding.finding_class is FindingClass.MALIGNANT:
            drawn.setdefault(finding.owner, []).append(finding.contour)
    decisions, birads = store.decisions(image_id), store.assessments(image_id)
    lines = []
    for name, contours in drawn.items():
        decision, reason = decisions.get(name, (None, ""))
        said = [tr("{count} malignant").format(count=len(contours))]
        said.append(
            tr("no decision")
            if decision is None
            else tr_data(decision.value) + (f" ({reason})" if reason else "")
        )
        if name in birads:
            said.append(f"BI-RADS {birads[name]}")
        lines.append(f"{name}: {', '.join(said)}")
    boxes, shape = store.grid(image_id), store.shape(image_id)
    for one, other in combinations(drawn, 2):
        found = compare_image(drawn[one], drawn[other], boxes=boxes, alpha=DEFAULT_ALPHA, shape=shape)
        lines.append(f"{one} / {other}: {_in_words(found)}")
    return lines or [tr("No reader has worked on this image yet.")]


def _in_words(found: ImageAgreement) -> str:
    said = [tr("IoM {iom:.2f}, Dice {dice:.2f}").format(iom=pair.iom, dice=pair.dice) for pair in found.pairs]
    if found.only_first or found.only_second:
        said.append(
            tr("{first} and {second} without a partner").format(
                first=found.only_first, second=found.only_second
            )
        )
    if found.regions:
        said.append(tr("{flips} of {regions} regions turn").format(flips=found.flips, regions=found.regions))
    return "; ".join(said) or tr("nothing to compare")
