"""Whatever a reader does, in whatever order, the store agrees with a dictionary, also after reopening."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, invariant, rule

from core.domain import BIRADS, Contour, Decision, FindingClass, FindingType, Label, Role
from core.recipe import GridSettings
from core.regions import region_labels
from storage.edits import AddFinding, ChangeFinding, DeleteFinding, Edit, SetDecision
from storage.project import Project
from storage.records import NewImage

ROWS, COLUMNS = 500, 400
BOXES = np.array([[x, y, x + 224, y + 224] for y in (0, 112, 224, 276) for x in (0, 112, 176)], float)

squares = st.builds(
    lambda x, y, side: Contour.from_points([(x, y), (x + side, y), (x + side, y + side), (x, y + side)]),
    st.integers(0, COLUMNS - 120),
    st.integers(0, ROWS - 120),
    st.integers(5, 120),
)
classes = st.sampled_from(FindingClass)
types = st.sampled_from(FindingType)
READERS = ("A", "B")
readers = st.sampled_from(READERS)
roles = st.sampled_from([Role.READER, Role.READER, Role.READER, Role.IMPORTED, Role.ADJUDICATED])
notes = st.sampled_from(["", "spiculated", "a = 'b'; --"])


@dataclass(frozen=True)
class Known:
    image: int
    finding_class: FindingClass
    finding_type: FindingType
    contour: Contour
    owner: str
    role: Role
    birads: str = ""
    note: str = ""
    is_deleted: bool = False
    versions: int = 1


class StoreAgreesWithADictionary(RuleBasedStateMachine):
    findings = Bundle("findings")
    undoable = Bundle("undoable")

    @initialize()
    def make(self) -> None:
        self.folder = Path(tempfile.mkdtemp())
        self.project = Project.create(self.folder / "p")
        rows = [
            NewImage(
                Path(f"/x/{n}"), f"{n:064x}", f"p{n}", rows=ROWS, columns=COLUMNS, boxes=BOXES, label=label
            )
            for n, label in enumerate([Label.MALIGNANT, Label.BOTH, Label.NORMAL])
        ]
        ids, _ = self.project.store.add_inspected(rows, grid=GridSettings())
        self.images = sorted(ids.values())
        self.model: dict[int, Known] = {}
        self.decisions: dict[tuple[int, str], Decision | None] = {
            (image, reader): None for image in self.images for reader in READERS
        }

    def teardown(self) -> None:
        self.project.close()
        shutil.rmtree(self.folder)

    @rule(
        target=findings,
        n=st.integers(0, 2),
        reader=readers,
        kind=classes,
        sort=types,
        contour=squares,
        role=roles,
    )
    def add(self, n, reader, kind, sort, contour, role):
        image = self.images[n]
        found, changes = self.project.store.add_finding(
            image, reader=reader, finding_class=kind, finding_type=sort, contour=contour, role=role
        )
        assert changes.images == {image}
        assert found not in self.model
        self.model[found] = Known(image, kind, sort, contour, reader, role)
        return found

    @rule(
        finding=findings,
        reader=readers,
        contour=st.none() | squares,
        kind=st.none() | classes,
        birads=st.none() | st.sampled_from(BIRADS),
        note=st.none() | notes,
    )
    def change(self, finding, reader, contour, kind, birads, note):
        known = self.model[finding]
        if known.is_deleted:
            return
        self.project.store.change_finding(
            finding, reader=reader, contour=contour, finding_class=kind, birads=birads, note=note
        )
        self.model[finding] = replace(
            known,
            contour=contour or known.contour,
            finding_class=kind or known.finding_class,
            birads=known.birads if birads is None else birads,
            note=known.note if note is None else note,
            versions=known.versions + 1,
        )

    @rule(finding=findings, reader=readers)
    def delete(self, finding, reader):
        known = self.model[finding]
        self.project.store.delete_finding(finding, reader=reader)
        self.model[finding] = replace(
            known, is_deleted=True, versions=known.versions + (not known.is_deleted)
        )

    @rule(finding=findings, reader=readers)
    def restore(self, finding, reader):
        known = self.model[finding]
        self.project.store.restore_finding(finding, reader=reader)
        self.model[finding] = replace(known, is_deleted=False, versions=known.versions + known.is_deleted)

    @rule(n=st.integers(0, 2), reader=readers, decision=st.none() | st.sampled_from(Decision))
    def decide(self, n, reader, decision):
        self.project.store.set_decision(self.images[n], reader=reader, decision=decision)
        self.decisions[self.images[n], reader] = decision

    @rule(
        target=undoable,
        n=st.integers(0, 2),
        contour=squares,
        decision=st.sampled_from(Decision),
        data=st.data(),
    )
    def do_and_undo(self, n, contour, decision, data):
        """Done, undone, redone and undone again: all is as it was, but for versions."""
        alive = [f for f, known in self.model.items() if not known.is_deleted]
        image = self.images[n]
        edits: list[Edit] = [
            AddFinding(image, "A", FindingClass.MALIGNANT, FindingType.MASS, contour),
            SetDecision(image, "A", decision),
        ]
        if alive:
            target = data.draw(st.sampled_from(alive))
            edits += [
                ChangeFinding(target, "A", contour=contour, note="undone"),
                DeleteFinding(target, "A"),
            ]
        edit = data.draw(st.sampled_from(edits))
        before = self.shown()
        edit.apply(self.project.store)
        after = self.shown()
        edit.revert(self.project.store)
        assert self.shown() == before
        edit.apply(self.project.store)
        assert self.shown() == after
        edit.revert(self.project.store)
        assert self.shown() == before
        for found in list(self.model):
            self.model[found] = replace(self.model[found], versions=len(self.project.store.history(found)))
        return edit

    @rule(edit=consumes(undoable))
    def forget(self, edit):
        """An edit that was undone long ago is of no more effect."""

    @rule()
    def reopen(self):
        self.project.close()
        self.project = Project.open(self.folder / "p")

    def shown(self):
        store = self.project.store
        return {
            image: (
                [store.image(image, reader=reader).decision for reader in READERS],
                [
                    (f.id, f.finding_class, f.finding_type, f.contour, f.owner, f.birads, f.note)
                    for f in store.findings(image)
                ],
            )
            for image in self.images
        }

    @invariant()
    def findings_are_those_of_the_dictionary(self):
        expected = {
            image: (
                [self.decisions[image, reader] for reader in READERS],
                [
                    (
                        found,
                        known.finding_class,
                        known.finding_type,
                        known.contour,
                        known.owner,
                        known.birads,
                        known.note,
                    )
                    for found, known in sorted(self.model.items())
                    if known.image == image and not known.is_deleted
                ],
            )
            for image in self.images
        }
        assert self.shown() == expected

    @invariant()
    def of_several_decisions_one_counts_and_it_is_one_of_them(self):
        for image in self.images:
            stated = {self.decisions[image, reader] for reader in READERS} - {None}
            counts = self.project.store.image(image).decision
            assert counts in stated if stated else counts is None

    @invariant()
    def a_reader_sees_their_own_and_what_came_with_the_data_set(self):
        store = self.project.store
        for image in self.images:
            alive = [f for f, k in sorted(self.model.items()) if k.image == image and not k.is_deleted]
            for reader in READERS:
                own = [
                    f
                    for f in alive
                    if self.model[f].role is Role.IMPORTED
                    or (self.model[f].role is Role.READER and self.model[f].owner == reader)
                ]
                assert [f.id for f in store.findings(image, reader=reader)] == own
                record = store.image(image, reader=reader)
                assert record.malignant_findings + record.benign_findings == len(own)

    @invariant()
    def every_version_is_kept(self):
        for found, known in self.model.items():
            history = self.project.store.history(found)
            assert [version.version for version in history] == list(range(1, known.versions + 1))

    @invariant()
    def counts_and_region_labels_follow_from_the_contours(self):
        store = self.project.store
        for image in self.images:
            alive = [k for k in self.model.values() if k.image == image and not k.is_deleted]
            alive = [k for k in alive if k.role is Role.ADJUDICATED] or alive
            malignant = [k.contour for k in alive if k.finding_class == FindingClass.MALIGNANT]
            record = store.image(image)
            assert (record.malignant_findings, record.benign_findings) == (
                len(malignant),
                len(alive) - len(malignant),
            )
            labels = store.region_labels(image)
            stored = store._rows("SELECT count(*) FROM region_label WHERE image_id = ?", (image,))
            assert stored == [(int(bool(malignant)),)]
            if not malignant:
                assert labels is None
                continue
            expected = region_labels(BOXES, malignant, alpha=0.5, shape=(ROWS, COLUMNS))
            np.testing.assert_array_equal(labels, expected)


TestStoreAgreesWithADictionary = StoreAgreesWithADictionary.TestCase
TestStoreAgreesWithADictionary.settings = settings(
    max_examples=8, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
)
