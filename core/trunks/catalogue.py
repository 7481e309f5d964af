"""Which trunks there are: dimensions, taps, modes, preparation of pixels, origin and licence of their weights.

Nothing heavy is imported here: dimensions and keys are known without torch and without weights.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

from core.errors import UserError
from core.recipe import TrunkMode, TrunkSettings

# Raised when anything outside the settings changes the numbers (crop, margin, resampling, pooling, scaling).
FEATURES_VERSION = 1
LITE0_SHA256 = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"
BOTH = (TrunkMode.DENSE, TrunkMode.WINDOWS)
CNN_M_128 = "cnn-m-128"
LITE0 = "efficientnet-lite0"

_SQUEEZE = (
    "its squeeze-and-excite layers average over all that they are given, so that a whole breast would be seen "
    "otherwise than its windows"
)
_IMAGENET = (
    "code BSD-3-Clause (torchvision); trained on ImageNet, whose terms are for non-commercial research"
)


class Weights(StrEnum):
    """Where a trunk's weights come from."""

    PACKAGE = "package"  # installed with the program
    DOWNLOAD = "download"  # `lesionloop trunks fetch`, when a person asks for it
    FILE = "file"  # a person names a file


@dataclass(frozen=True, slots=True)
class Tap:
    """Where features leave a network.

    channels: at the tap. stride: pixels between its cells. offset: cell i stands for the pixels [stride i + offset,
    stride i + offset + stride), which lie around the centre of what it sees; the first and last also for the rest.
    """

    channels: int
    stride: int
    offset: float = 0.0


@dataclass(frozen=True, slots=True)
class Architecture:
    """One kind of trunk.

    window: side of the pictures that it was trained on; windows are resampled to it. None: taken as they are.
    why_not_dense: the reason where it may only run window by window.
    mean, std: of R, G and B in [0, 1] under which the published weights were trained.
    """

    name: str
    title: str
    taps: Mapping[str, Tap]
    weights: Weights
    licence: str
    modes: tuple[TrunkMode, ...] = BOTH
    poolings: tuple[str, ...] = ("mean", "mean+max")
    window: int | None = 224
    why_not_dense: str = ""
    mean: tuple[float, float, float] = (0.0, 0.0, 0.0)
    std: tuple[float, float, float] = (1.0, 1.0, 1.0)


def _torchvision(name: str, title: str, *, reason: str = "", window: int = 224, **taps: Tap) -> Architecture:
    return Architecture(
        name,
        title,
        taps=taps,
        weights=Weights.DOWNLOAD,
        licence=_IMAGENET,
        modes=(TrunkMode.WINDOWS,) if reason else BOTH,
        window=window,
        why_not_dense=reason,
        mean=(0.485, 0.456, 0.406),
        std=(0.229, 0.224, 0.225),
    )


ARCHITECTURES: Mapping[str, Architecture] = {
    architecture.name: architecture
    for architecture in (
        Architecture(
            LITE0,
            "EfficientNet-Lite0, the default",
            taps={"final": Tap(1280, 32, 15.5), "stride16": Tap(112, 16, 7.5)},
            weights=Weights.PACKAGE,
            licence="Apache-2.0",
            window=None,
        ),
        Architecture(
            CNN_M_128,
            "CNN-M-128 (Chatfield et al. 2014), the paper's own",
            taps={"fc7": Tap(128, 16), "relu7": Tap(128, 16)},
            weights=Weights.FILE,
            licence="non-commercial use only (the releases of its authors)",
            poolings=("mean",),
        ),
        _torchvision("resnet18", "ResNet-18", final=Tap(512, 32, -15.5), stride16=Tap(256, 16, -7.5)),
        _torchvision("resnet50", "ResNet-50", final=Tap(2048, 32, -15.5), stride16=Tap(1024, 16, -7.5)),
        _torchvision("densenet121", "DenseNet-121", final=Tap(1024, 32, -1.5), stride16=Tap(1024, 16, -1.5)),
        _torchvision("convnext_tiny", "ConvNeXt-Tiny", final=Tap(768, 32), stride16=Tap(384, 16)),
        _torchvision(
            "efficientnet_b0", "EfficientNet-B0", reason=_SQUEEZE, final=Tap(1280, 32), stride16=Tap(112, 16)
        ),
        _torchvision(
            "efficientnet_b2",
            "EfficientNet-B2",
            reason=_SQUEEZE,
            window=288,
            final=Tap(1408, 32),
            stride16=Tap(120, 16),
        ),
        _torchvision(
            "mobilenet_v3_large",
            "MobileNetV3-Large",
            reason=_SQUEEZE,
            final=Tap(960, 32),
            stride16=Tap(112, 16),
        ),
        _torchvision(
            "swin_t",
            "Swin-T",
            reason="it is made for pictures of one size, which it cuts into a raster of its own",
            final=Tap(768, 32),
        ),
    )
}


@dataclass(frozen=True, slots=True)
class InputScaling:
    """Mean and standard deviation of R, G and B in [0, 1], which a user's own weights were trained under."""

    mean: tuple[float, ...] = field(default=(0.0, 0.0, 0.0))
    std: tuple[float, ...] = field(default=(1.0, 1.0, 1.0))

    def __str__(self) -> str:
        return "/".join(",".join(repr(value) for value in values) for values in (self.mean, self.std))

    @classmethod
    def parse(cls, text: str) -> InputScaling:
        """Inverse of str; 'm,m,m/s,s,s' as it stands in TrunkSettings. Raises UserError where it makes no sense."""
        try:
            mean, std = (tuple(float(number) for number in part.split(",")) for part in text.split("/"))
        except ValueError:
            mean, std = (), ()
        makes_sense = len(mean) == len(std) == 3 and all(map(math.isfinite, mean + std)) and min(std) > 0
        if not makes_sense:
            raise UserError(
                f"The scaling of pixels {text!r} cannot be understood: it needs a mean for R, G and B and a standard "
                "deviation above 0 for each, like 0.485,0.456,0.406/0.229,0.224,0.225."
            )
        return cls(mean, std)


def find_architecture(name: str) -> Architecture:
    """The trunk called so. Raises UserError for a name that this version does not know."""
    if name not in ARCHITECTURES:
        raise UserError(
            f"The trunk {name!r} is not known to this version of Lesionloop: choose {', '.join(ARCHITECTURES)}, "
            "or one that `lesionloop trunks` lists."
        )
    return ARCHITECTURES[name]


def check_settings(settings: TrunkSettings) -> Architecture:
    """The trunk of these settings. Raises UserError where they name something that it does not have."""
    found = find_architecture(settings.name)
    if settings.mode not in found.modes:
        raise UserError(
            f"{found.title} cannot run over a whole image: {found.why_not_dense}. Choose the mode 'windows' for it."
        )
    if settings.tap not in found.taps or settings.pooling not in found.poolings:
        taps, poolings = (" or ".join(map(repr, names)) for names in (found.taps, found.poolings))
        raise UserError(
            f"The features {settings.name} / {settings.tap} / {settings.pooling} are not known to this version of "
            f"Lesionloop: choose the tap {taps} and the pooling {poolings} for this trunk."
        )
    if settings.input_scaling:
        InputScaling.parse(settings.input_scaling)
    return found


def trunk_dimension(settings: TrunkSettings) -> int:
    """How many features a region has. Needs no weights and loads nothing.

    Raises UserError when the settings name something this version does not know.
    """
    tap = check_settings(settings).taps[settings.tap]
    return tap.channels * (2 if settings.pooling == "mean+max" else 1)


def trunk_key(settings: TrunkSettings) -> str:
    """Short hash of everything that decides a trunk's features. Needs no weights and loads nothing.

    Settings that came later and are empty take no part: what was cached before keeps its name. Raises UserError
    where the settings do not say which weights file they mean.
    """
    plain: dict[str, Any] = asdict(settings)
    for name in ("weights_sha256", "input_scaling"):
        if not plain[name]:
            del plain[name]
    weights = settings.weights_sha256 or LITE0_SHA256
    facts = {"settings": plain, "weights": weights, "version": FEATURES_VERSION}
    if not settings.weights_sha256 and settings.name != LITE0:
        raise UserError(no_weights(settings.name))
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:16]


def no_weights(name: str) -> str:
    """Why a trunk whose weights come from the user cannot be used yet, and the command that helps."""
    found = ARCHITECTURES.get(name)
    title = found.title if found else name
    way = {
        Weights.DOWNLOAD: f"`lesionloop trunks fetch {name}` downloads them, "
        f"`lesionloop trunks add FILE --architecture {name}` takes a file that you have",
        Weights.FILE: f"`lesionloop trunks add FILE --architecture {name}` takes the file that you have",
    }.get(found.weights if found else Weights.FILE, "`lesionloop trunks add FILE` takes a file that you have")
    return f"The weights of {title} are not there, so no features can be computed: {way}."
