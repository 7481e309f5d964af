"""The dual-branch family (Fig. 2): FC3 shared by a classification branch FC4 and a detection branch FC5.

Letters: T regions, d features of the trunk, p features after the fixed projection, C classes of p_cls.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import torch
from safetensors import SafetensorError
from safetensors.torch import load as load_tensors
from safetensors.torch import save as save_tensors
from torch import Tensor, nn

from core.errors import UserError
from core.job import read_result, write_atomically, write_result
from core.losses import Logits
from core.projection import Projection, to_unit_square
from core.recipe import Method, Normalisation, Recipe

WEIGHTS, RECIPE, METRICS, SEAL = "weights.safetensors", "recipe.json", "metrics.json", "result.json"
BRANCH_STD = 1e-4  # Sec. V, Implementation


class DualBranch(nn.Module):
    """One network for all six methods of Table II.

    | method | rows of FC4 | FC5 | regions in p_det |
    |---|---|---|---|
    | Max-Region | N, B, M | none | - |
    | DB-Baseline | B, M | B, M | all |
    | Cls-Det | N, B, M | B, M | all |
    | Cls-Det-RS, SS-Baseline-RS, SS-Cls-Det-RS | N, B, M | B, M | the best k by class |

    FC5 has no bias: a softmax over regions does not see one. Buffers hold the fixed projection, so that the
    weights file alone turns a trunk's features into scores.

    A fitted model may be several heads on one projection, trained from different seeds: this one and `others`.
    `scale`, (2, 2) float64 with rows (B, M) and columns (temperature, bias), calibrates their probabilities
    (core.calibration.Scaling); None where nothing is calibrated. Neither takes part in `forward`.
    """

    center: Tensor
    spread: Tensor
    basis: Tensor | None
    scale: Tensor | None

    def __init__(
        self, projection: Projection, recipe: Recipe, *, generator: torch.Generator | None = None
    ) -> None:
        super().__init__()
        self.method = recipe.method
        self.k = recipe.k if selects_regions(recipe.method) else None
        self.normalisation = recipe.normalisation
        self.register_buffer("center", projection.center.clone())
        self.register_buffer("spread", projection.spread.clone())
        self.register_buffer("basis", None if projection.basis is None else projection.basis.clone())
        self.register_buffer("scale", None)
        width = len(projection.center) if projection.basis is None else projection.basis.shape[1]
        self.fc3 = nn.Linear(width, recipe.hidden)
        self.fc4 = nn.Linear(recipe.hidden, 3 if has_normal_class(recipe.method) else 2)
        self.fc5 = nn.Linear(recipe.hidden, 2, bias=False) if has_detection(recipe.method) else None
        self.others = nn.ModuleList()
        self._initialise(generator)

    @property
    def members(self) -> tuple[DualBranch, ...]:
        """All heads, this one first."""
        return (self, *(cast("DualBranch", other) for other in self.others))

    @property
    def dimension(self) -> int:
        """d, how many features the trunk must give."""
        return len(self.center)

    def project(self, features: Tensor) -> Tensor:
        """(T, d) trunk features to (T, p) inputs of FC3."""
        features = features.float()
        if self.normalisation is Normalisation.L2:
            features = to_unit_square(features)
        normalised = (features - self.center) / self.spread
        return normalised if self.basis is None else normalised @ self.basis

    def forward(self, projected: Tensor, *, keep: Tensor | None = None) -> Logits:
        """Logits of T projected regions, channel-major: W @ h.T is several times faster than h @ W.T here.

        projected: (T, p). keep: (T, hidden), 0 for hidden units dropped and 1 / (1 - rate) for the others, while
        training.
        """
        hidden = torch.relu(self.fc3(projected))
        if keep is not None:
            hidden = hidden * keep
        if self.fc5 is None:
            return Logits(self._rows(self.fc4.weight, hidden) + self.fc4.bias[:, None], None)
        rows = self._rows(torch.cat([self.fc4.weight, self.fc5.weight]), hidden)
        return Logits(rows[:-2] + self.fc4.bias[:, None], rows[-2:])

    def _rows(self, weight: Tensor, hidden: Tensor) -> Tensor:
        return weight @ hidden.T

    def _initialise(self, generator: torch.Generator | None) -> None:
        nn.init.xavier_normal_(self.fc3.weight, generator=generator)
        nn.init.zeros_(self.fc3.bias)
        nn.init.normal_(self.fc4.weight, std=BRANCH_STD, generator=generator)
        nn.init.zeros_(self.fc4.bias)
        if self.fc5 is not None:
            nn.init.normal_(self.fc5.weight, std=BRANCH_STD, generator=generator)


def joined(members: Sequence[DualBranch], *, scale: Tensor | None = None) -> DualBranch:
    """One model of several heads that were trained on the same projection: the first, with the others inside it."""
    first, *others = members
    for other in others:
        for name in ("center", "spread", "basis"):  # the first's; in the weights file once
            other.register_buffer(name, getattr(first, name), persistent=False)
    first.others = nn.ModuleList(others)
    first.scale = scale
    return first


def has_normal_class(method: Method) -> bool:
    """Whether p_cls has the class N; DB-Baseline (Bilen and Vedaldi) has not."""
    return method is not Method.DB_BASELINE


def has_detection(method: Method) -> bool:
    """Whether there is a detection branch; Max-Region (Choukroun et al.) has none."""
    return method is not Method.MAX_REGION


def selects_regions(method: Method) -> bool:
    """Whether the detection branch sees only the k best regions (Eq. 4)."""
    return method in (Method.CLS_DET_RS, Method.SS_BASELINE_RS, Method.SS_CLS_DET_RS)


@dataclass(frozen=True, eq=False, slots=True)
class SavedModel:
    """A model as it lies in its folder. `trunk_key` names the features it was trained on."""

    model: DualBranch
    recipe: Recipe
    metrics: dict[str, Any]
    trunk_key: str


def save_model(
    folder: Path, model: DualBranch, *, recipe: Recipe, metrics: dict[str, Any], trunk_key: str = ""
) -> None:
    """Write weights.safetensors, recipe.json, metrics.json, and result.json with the SHA-256 of each."""
    folder.mkdir(parents=True, exist_ok=True)
    state = {name: value.detach().cpu().contiguous() for name, value in model.state_dict().items()}
    write_atomically(folder / WEIGHTS, save_tensors(state, metadata={"trunk_key": trunk_key}))
    write_atomically(folder / RECIPE, json.dumps(recipe.to_json(), indent=1).encode())
    write_atomically(folder / METRICS, json.dumps(metrics, indent=1, allow_nan=False).encode())
    write_result(folder, [WEIGHTS, RECIPE, METRICS])


def load_model(folder: Path) -> SavedModel:
    """Read a saved model, on the CPU, ready to score. UserError if a file is missing or was changed."""
    try:
        sealed = read_result(folder)
        if not {WEIGHTS, RECIPE, METRICS} <= set(sealed):
            raise ValueError("a file is not sealed")
        recipe = Recipe.from_json(json.loads((folder / RECIPE).read_bytes()))
        metrics = json.loads((folder / METRICS).read_bytes())
        content = (folder / WEIGHTS).read_bytes()
        model = _model_from(load_tensors(content), recipe)
    except (OSError, ValueError, TypeError, KeyError, RuntimeError, SafetensorError) as error:
        raise UserError(
            f"The model in '{folder.name}' cannot be used: a file of it is missing or damaged. "
            "Choose another model, or train again."
        ) from error
    return SavedModel(model, recipe, metrics, _metadata(content).get("trunk_key", ""))


def _model_from(state: dict[str, Tensor], recipe: Recipe) -> DualBranch:
    projection = Projection(state["center"], state["spread"], state.get("basis"))
    others = {name.split(".")[1] for name in state if name.startswith("others.")}
    model = joined([DualBranch(projection, recipe) for _ in range(1 + len(others))])
    if "scale" in state:
        model.scale = torch.ones(2, 2, dtype=torch.float64)  # filled below
    model.load_state_dict(state)
    return model.eval()


def _metadata(content: bytes) -> dict[str, str]:
    """The header's free part: 8 bytes of length, then JSON (safetensors' format, whose reader of bytes skips it)."""
    length = int.from_bytes(content[:8], "little")
    metadata: dict[str, str] = json.loads(content[8 : 8 + length]).get("__metadata__", {})
    return metadata
