"""Which model is in use, and every decision that made it so: rows that are only added."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from core.domain import ModelId
from core.errors import UserError
from storage.changes import Changes
from storage.database import now
from storage.records import EventKind, ModelRecord, PromotionKind, PromotionRecord, PromotionRules
from storage.store.models import ModelStore

OPEN_CANDIDATES = 3  # newest ones whose predictions are kept, however many wait for a decision


class PromotionStore(ModelStore):
    """The part of the store about what the reader's screen shows: it changes by promote() alone."""

    def promotions(self) -> list[PromotionRecord]:
        """Every decision about a model, oldest first."""
        rows = self._rows(
            "SELECT promotion.id, model_id, former_id, kind, reader.name, evidence, promotion.created_at "
            "FROM promotion LEFT JOIN reader ON reader.id = reader_id ORDER BY promotion.id"
        )
        return [_record(row) for row in rows]

    def promote(
        self,
        model_id: ModelId,
        *,
        kind: PromotionKind,
        reader: str | None = None,
        evidence: Mapping[str, Any] | None = None,
    ) -> Changes:
        """Put a model to use: its predictions are shown from now on; ranking by it is the caller's.

        The first model is promoted as FIRST whatever the kind. reader: who decided, None where the gate did. evidence:
        plain values. A model that is in use already changes nothing. Raises KeyError where there is no such model.
        """
        with self.transaction():
            self.model(model_id)
            former = self.current_model()
            if former is not None and former.id == model_id:
                return Changes()
            self._write("UPDATE model SET is_current = 0 WHERE is_current = 1")
            self._write("UPDATE model SET is_current = 1 WHERE id = ?", (model_id,))
            kind = PromotionKind.FIRST if former is None else kind
            self._decide(model_id, former=former, kind=kind, reader=reader, evidence=evidence)
        return Changes(models=True, everything=True)

    def refuse(self, model_id: ModelId, *, reader: str, evidence: Mapping[str, Any] | None = None) -> Changes:
        """Keep the model in use, and say so of a candidate. Raises UserError where there is nothing to keep."""
        with self.transaction():
            self.model(model_id)
            former = self.current_model()
            if former is None or former.id == model_id:
                raise UserError(f"Model {model_id} is the one in use: there is no other to keep.")
            self._decide(
                model_id, former=former, kind=PromotionKind.REFUSED, reader=reader, evidence=evidence
            )
        return Changes(models=True)

    def former_model(self) -> ModelRecord | None:
        """The model that was in use before the current one, and that going back goes back to; None without one.

        Going back twice goes two models back, not to and fro.
        """
        used: list[ModelId] = []
        for promotion in self.promotions():
            if promotion.kind is PromotionKind.ROLLED_BACK:
                used = used[:-1]
            elif promotion.kind is not PromotionKind.REFUSED:
                used.append(promotion.model_id)
        return self.model(used[-2]) if len(used) > 1 else None

    def candidates(self) -> list[ModelRecord]:
        """Models that wait for a decision: compared with the model in use, neither promoted nor refused; oldest first."""
        decided = {promotion.model_id for promotion in self.promotions()}
        current = self.current_model()
        if current is None:
            return []
        return [m for m in self.models() if m.judged_against == current.id and m.id not in decided]

    def drop_old_predictions(self, *, keep: ModelId | None = None) -> int:
        """Delete the predictions of models that no screen shows any more; returns of how many images they were.

        Kept are those of the model in use, of the one before it, of the one it took the place of last, of the newest
        candidates, and of the model named. Figures and weights of all models stay.
        """
        kept: list[ModelId] = [model.id for model in self.candidates()[-OPEN_CANDIDATES:]]
        kept += [model.id for model in (self.current_model(), self.former_model()) if model is not None]
        kept += [] if keep is None else [keep]
        changes = [p for p in self.promotions() if p.kind is not PromotionKind.REFUSED]
        kept += [p.former_id for p in changes[-1:] if p.former_id is not None]
        with self.transaction():
            sql = "DELETE FROM prediction WHERE model_id NOT IN (SELECT value FROM json_each(?))"
            self._write(sql, (json.dumps(kept),))
            row = self._row("SELECT changes()")
        assert row is not None
        return int(row[0])

    def promotion_rules(self) -> PromotionRules:
        """How this project decides which model is in use."""
        row = self._row("SELECT gate_margin, gate_level, promotes_automatically FROM project")
        assert row is not None, "a project has its row"
        return PromotionRules(margin=row[0], level=row[1], is_automatic=bool(row[2]))

    def set_promotion_rules(self, rules: PromotionRules, *, reader: str | None = None) -> Changes:
        """Decide otherwise from now on; what was decided stays."""
        with self.transaction():
            reader_id = None if reader is None else self._reader_id(reader)
            values = (rules.margin, rules.level, int(rules.is_automatic))
            self._write(
                "UPDATE project SET gate_margin = ?, gate_level = ?, promotes_automatically = ?", values
            )
            details = {"margin": rules.margin, "level": rules.level, "is_automatic": rules.is_automatic}
            self._record_event(EventKind.GATE_SET, reader_id=reader_id, details=details)
        return Changes(models=True)

    def _decide(
        self,
        model_id: ModelId,
        *,
        former: ModelRecord | None,
        kind: PromotionKind,
        reader: str | None,
        evidence: Mapping[str, Any] | None,
    ) -> None:
        former_id = None if former is None else former.id
        reader_id = None if reader is None else self._reader_id(reader)
        said = json.dumps(evidence or {}, sort_keys=True, allow_nan=False)
        self._write(
            "INSERT INTO promotion (model_id, former_id, kind, reader_id, evidence, created_at) "
            "VALUES (?, ?, ?, ?, ?, ?)",
            (model_id, former_id, kind.value, reader_id, said, now()),
        )
        event = EventKind.MODEL_REFUSED if kind is PromotionKind.REFUSED else EventKind.MODEL_CHOSEN
        details = {"model": model_id, "former": former_id, "kind": kind.value}
        self._record_event(event, reader_id=reader_id, details=details)


def _record(row: tuple[Any, ...]) -> PromotionRecord:
    return PromotionRecord(
        id=row[0],
        model_id=ModelId(row[1]),
        former_id=None if row[2] is None else ModelId(row[2]),
        kind=PromotionKind(row[3]),
        reader=row[4],
        evidence=json.loads(row[5]),
        created_at=row[6],
    )
