"""Models with their recipes, what they predict (one BLOB row an image and model), and the worklist's order."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.domain import ImageId, ModelId
from core.prediction import Prediction
from core.ranking.evidence import Evidence
from core.recipe import Recipe
from storage.changes import Changes
from storage.database import now
from storage.records import EventKind, ModelRecord, NewModel, RankingItem, TrainedOn
from storage.store.lesions import LesionStore

_MODELS = """
SELECT model.id, name, recipe.content, created_at, folder_name, metrics, sha256, is_current, annotated_images,
    parent_id, snapshot, split_hash, train_images, validation_images, test_images, figures, gate, judged_against
FROM model JOIN recipe ON recipe.id = recipe_id
"""


class ModelStore(LesionStore):
    """The part of the store about what was trained and what it said."""

    def models(self) -> list[ModelRecord]:
        """Every model, oldest first."""
        return [self._model(row) for row in self._rows(_MODELS + " ORDER BY model.id")]

    def model(self, model_id: ModelId) -> ModelRecord:
        """One model. Raises KeyError where there is none with this id."""
        row = self._row(_MODELS + " WHERE model.id = ?", (model_id,))
        if row is None:
            raise KeyError(model_id)
        return self._model(row)

    def current_model(self) -> ModelRecord | None:
        """The model in use, whose predictions are shown, None before the first."""
        row = self._row(_MODELS + " WHERE is_current = 1")
        return None if row is None else self._model(row)

    def next_model_id(self) -> ModelId:
        """The id that add_model will give; call inside the same transaction()."""
        row = self._row("SELECT coalesce(max(seq), 0) + 1 FROM sqlite_sequence WHERE name = 'model'")
        assert row is not None
        return ModelId(row[0])

    def add_model(self, model: NewModel) -> tuple[ModelId, Changes]:
        """Add a model whose files are in place; it does not become the current one by this."""
        with self.transaction():
            values = {
                "name": model.name,
                "recipe": self._recipe_id(model.recipe),
                "parent": model.parent_id,
                "folder": model.folder_name,
                "sha256": model.sha256,
                "metrics": json.dumps(model.metrics, allow_nan=False),
                "annotated": model.annotated_images,
                "now": now(),
                **asdict(model.trained_on),
            }
            model_id = ModelId(
                self._write(
                    "INSERT INTO model (name, recipe_id, parent_id, folder_name, sha256, metrics, "
                    "annotated_images, is_current, created_at, snapshot, split_hash, train_images, "
                    "validation_images, test_images) VALUES (:name, :recipe, :parent, :folder, :sha256, :metrics, "
                    ":annotated, 0, :now, :snapshot, :split_hash, :train_images, :validation_images, :test_images)",
                    values,
                )
            )
            self._record_event(EventKind.MODEL_ADDED, details={"model": model_id, "sha256": model.sha256})
        return model_id, Changes(models=True)

    def set_judgement(
        self,
        model_id: ModelId,
        *,
        figures: Mapping[str, Any],
        gate: Mapping[str, Any] | None = None,
        against: ModelId | None = None,
    ) -> Changes:
        """Keep what was measured of a model on the test patients, and what the gate found, compared with `against`."""
        with self.transaction():
            self._write(
                "UPDATE model SET figures = ?, gate = ?, judged_against = ? WHERE id = ?",
                (_plain(figures), None if gate is None else _plain(gate), against, model_id),
            )
        return Changes(models=True)

    def add_predictions(self, model_id: ModelId, predictions: Mapping[ImageId, Prediction]) -> Changes:
        """Store what a model says of images, replacing what the same model said of them before."""
        with self.transaction():
            self._write_many(
                "INSERT OR REPLACE INTO prediction (model_id, image_id, p_benign, p_malignant, regions, cls, "
                "score) VALUES (?, ?, ?, ?, ?, ?, ?)",
                [(model_id, image_id, *_columns(p)) for image_id, p in predictions.items()],
            )
            details = {"model": model_id, "images": len(predictions)}
            self._record_event(EventKind.IMAGES_SCORED, details=details)
        return Changes(images=frozenset(predictions), models=True)

    def add_evidence(self, model_id: ModelId, evidence: Mapping[ImageId, Evidence]) -> None:
        """Store what rankings need of images that the model has said something of."""
        with self.transaction():
            self._write_many(
                "INSERT OR REPLACE INTO evidence (model_id, image_id, embedding, residual, change, bald, bald_region) "
                "VALUES (?, ?, ?, ?, ?, ?, ?)",
                [
                    (
                        model_id,
                        image_id,
                        np.ascontiguousarray(one.embedding, "<f4").tobytes(),
                        np.ascontiguousarray(one.residual, "<f4").tobytes(),
                        one.change,
                        one.bald,
                        one.bald_region,
                    )
                    for image_id, one in evidence.items()
                ],
            )

    def evidence(self, model_id: ModelId | None = None) -> dict[ImageId, Evidence]:
        """What rankings need of every image, by a model (the current one where none is named)."""
        rows = self._rows(
            "SELECT image_id, embedding, residual, change, bald, bald_region FROM evidence "
            "WHERE model_id = coalesce(?, (SELECT id FROM model WHERE is_current = 1))",
            (model_id,),
        )
        return {
            ImageId(row[0]): Evidence(
                np.frombuffer(row[1], "<f4"), np.frombuffer(row[2], "<f4"), row[3], row[4], row[5]
            )
            for row in rows
        }

    def prediction(self, image_id: ImageId, model_id: ModelId | None = None) -> Prediction | None:
        """What a model (the current one where none is named) says of an image, None where it says nothing."""
        row = self._row(
            "SELECT p_benign, p_malignant, cls, score FROM prediction WHERE image_id = ? "
            "AND model_id = coalesce(?, (SELECT id FROM model WHERE is_current = 1))",
            (image_id, model_id),
        )
        return None if row is None else _prediction(row)

    def predictions(
        self, model_id: ModelId | None = None, *, images: Collection[ImageId] | None = None
    ) -> dict[ImageId, Prediction]:
        """What a model (the current one where none is named) says of every image, or of those named."""
        named = None if images is None else json.dumps([int(image_id) for image_id in images])
        rows = self._rows(
            "SELECT p_benign, p_malignant, cls, score, image_id FROM prediction "
            "WHERE model_id = coalesce(:model, (SELECT id FROM model WHERE is_current = 1)) "
            "AND (:named IS NULL OR image_id IN (SELECT value FROM json_each(:named)))",
            {"model": model_id, "named": named},
        )
        return {ImageId(row[4]): _prediction(row) for row in rows}

    def probabilities(self, model_id: ModelId | None = None) -> dict[ImageId, tuple[float, float]]:
        """(p_B, p_M) of every image under a model, without reading its regions."""
        rows = self._rows(
            "SELECT image_id, p_benign, p_malignant FROM prediction "
            "WHERE model_id = coalesce(?, (SELECT id FROM model WHERE is_current = 1))",
            (model_id,),
        )
        return {ImageId(row[0]): (row[1], row[2]) for row in rows}

    def ranking(self) -> list[tuple[ImageId, float, str]]:
        """The worklist's order: (image, score, reason), next to read first."""
        rows = self._rows(
            "SELECT image_id, score, reason FROM ranking_item "
            "WHERE ranking_id = (SELECT id FROM ranking WHERE is_current = 1) ORDER BY position"
        )
        return [(ImageId(row[0]), row[1], row[2]) for row in rows]

    def ranking_strategy(self) -> str | None:
        """Name of the strategy behind the current ranking, None before the first."""
        row = self._row("SELECT strategy FROM ranking WHERE is_current = 1")
        return None if row is None else str(row[0])

    def set_ranking(
        self, strategy: str, items: Sequence[RankingItem], *, model_id: ModelId | None = None, seed: int = 0
    ) -> Changes:
        """Order the worklist anew; former rankings stay in the store."""
        with self.transaction():
            self._write("UPDATE ranking SET is_current = 0 WHERE is_current = 1")
            ranking = self._write(
                "INSERT INTO ranking (strategy, model_id, seed, is_current, created_at) VALUES (?, ?, ?, 1, ?)",
                (strategy, model_id, seed, now()),
            )
            self._write_many(
                "INSERT INTO ranking_item (ranking_id, position, image_id, score, reason) VALUES (?, ?, ?, ?, ?)",
                [(ranking, i, item.image_id, item.score, item.reason) for i, item in enumerate(items, 1)],
            )
            details = {"strategy": strategy, "images": len(items)}
            self._record_event(EventKind.WORKLIST_RANKED, details=details)
        return Changes(ranking=True, everything=True)

    def is_job_imported(self, name: str) -> bool:
        """Whether the results of this job are in the store."""
        return self._row("SELECT 1 FROM imported_job WHERE name = ?", (name,)) is not None

    def mark_job_imported(self, name: str) -> None:
        """Note, inside the import's transaction(), that the results of a job are in."""
        self._write("INSERT INTO imported_job (name, imported_at) VALUES (?, ?)", (name, now()))

    def _recipe_id(self, recipe: Recipe) -> int:
        content = json.dumps(recipe.to_json(), sort_keys=True)
        row = self._row("SELECT id FROM recipe WHERE content = ?", (content,))
        return int(row[0]) if row else self._write("INSERT INTO recipe (content) VALUES (?)", (content,))

    def _model(self, row: tuple[Any, ...]) -> ModelRecord:
        return ModelRecord(
            id=ModelId(row[0]),
            name=row[1],
            recipe=Recipe.from_json(json.loads(row[2])),
            created_at=row[3],
            folder=self._folder / "models" / row[4],
            metrics=json.loads(row[5]),
            sha256=row[6],
            is_current=bool(row[7]),
            annotated_images=row[8],
            parent_id=None if row[9] is None else ModelId(row[9]),
            trained_on=TrainedOn(*row[10:15]),
            figures=json.loads(row[15]),
            gate=None if row[16] is None else json.loads(row[16]),
            judged_against=None if row[17] is None else ModelId(row[17]),
        )


def _plain(value: Mapping[str, Any]) -> str:
    return json.dumps(value, sort_keys=True, allow_nan=False)


def _columns(prediction: Prediction) -> tuple[float, float, int, bytes, bytes]:
    cls = np.ascontiguousarray(prediction.cls, "<f4")
    score = np.ascontiguousarray(prediction.score, "<f4")
    return prediction.p_benign, prediction.p_malignant, len(cls), cls.tobytes(), score.tobytes()


def _prediction(row: tuple[Any, ...]) -> Prediction:
    return Prediction(
        probability=np.array(row[:2], np.float64),
        cls=_floats(row[2], columns=3),
        score=_floats(row[3], columns=2),
    )


def _floats(blob: bytes, *, columns: int) -> NDArray[np.float32]:
    return np.frombuffer(blob, "<f4").reshape(-1, columns).astype(np.float32)
