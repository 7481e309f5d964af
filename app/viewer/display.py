"""How one mammogram is turned into grey: the window or VOI LUT in force, inversion, and the air outside."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from app.translation import tr, tr_data
from app.viewer.background_level import background_level

if TYPE_CHECKING:
    from core.pixels import Mammogram, VoiLut, Window

MANUAL = "manual"
FULL_DRAG = 400.0  # logical pixels that double or halve the width, or shift the centre by one width


class Display:
    """The grey scale of one image: choices from its file, one of them in force or moved by hand.

    Stored values become 8 bits here and nowhere else; the model never sees any of it.
    """

    def __init__(self, mammogram: Mammogram) -> None:
        from core.pixels import as_stored_lut, default_window, exposure_lut

        self._mammogram = mammogram
        own: tuple[Window | VoiLut, ...] = (*mammogram.windows, *mammogram.luts)
        first: Window | VoiLut = default_window(mammogram, None)
        own = own or (first,)
        raw = exposure_lut(mammogram)  # of raw detector data; what is measured in it lies in the logarithm
        stored = as_stored_lut(mammogram)
        self.choices = tuple(choice for choice in (raw, *own, stored) if choice is not None)
        self._as_stored, self._of_raw = stored, tuple(filter(None, (raw, stored)))
        self._default = first if first in own and raw is None else self.choices[0]
        self.choice: Window | VoiLut = self._default
        self.is_inverted = False
        self._air: int | None = None
        self._air_is_known = False

    def follow(self, before: Display) -> None:
        """Show as another picture of the same image does: its small version, or another frame."""
        own = self._mammogram.windows, self._mammogram.luts
        if not any(own):  # a window of ours comes from the values, and must not change from frame to frame
            self.choices, self._default, self.choice = before.choices, before._default, before.choice
            self._as_stored, self._of_raw = before._as_stored, before._of_raw
            return
        index = next((i for i, choice in enumerate(before.choices) if choice is before.choice), None)
        if index is None:
            self.choice = before.choice
        elif index < len(self.choices):
            self.choose(index)

    @property
    def names(self) -> list[str]:
        """One name for each choice, as the file gives it; nameless and repeated ones are numbered."""
        names: list[str] = []
        for index, choice in enumerate(self.choices, start=1):
            name = tr_data(choice.name) or tr("window {index}").format(index=index)
            names.append(f"{name} ({index})" if name in names else name)
        return names

    @property
    def name(self) -> str:
        """The name of what is in force."""
        for choice, name in zip(self.choices, self.names, strict=True):
            if choice is self.choice:
                return name
        return MANUAL

    @property
    def is_lookup(self) -> bool:
        """Whether a VOI LUT of the file is in force, which has no centre and width of its own."""
        return not hasattr(self.choice, "width")

    @property
    def center_and_width(self) -> tuple[float, float]:
        """Of the window in force, in the file's units; of a VOI LUT, the range from 5 % to 95 % grey."""
        if not self.is_lookup:
            return self.choice.center, self.choice.width  # type: ignore[union-attr]
        grey = self._grey(inverted=False).astype(np.int64)
        low, high = grey.min(), grey.max()
        middle = np.flatnonzero((grey > low + 0.05 * (high - low)) & (grey < low + 0.95 * (high - low)))
        first, last = (int(middle[0]), int(middle[-1])) if len(middle) else (0, 65535)
        slope, offset = self._mammogram.slope, self._mammogram.offset
        return slope * (first + last) / 2 + offset, max(abs(slope) * (last - first), 1.0)

    @property
    def text(self) -> str:
        """Name and numbers for the corner."""
        center, width = self.center_and_width
        numbers = "  VOI LUT" if self.is_lookup else f"  C {center:.0f}  W {width:.0f}"
        if any(self.choice is ours for ours in self._of_raw):
            numbers = ""  # it is no table of the file
        return f"{self.name}{numbers}" + (tr("  inverted") if self.is_inverted else "")

    def choose(self, index: int) -> None:
        """Put one of the choices in force."""
        self.choice = self.choices[index]

    def choose_next(self) -> None:
        """The choice after the one in force; after a window set by hand, the first."""
        index = next((i for i, choice in enumerate(self.choices) if choice is self.choice), -1)
        self.choose((index + 1) % len(self.choices))

    def toggle_as_stored(self) -> bool:
        """Of raw detector data, between as they are stored and how they opened. Returns whether the image is of that kind."""
        if self._as_stored is None:
            return False
        self.choice = self._default if self.choice is self._as_stored else self._as_stored
        return True

    def reset(self) -> None:
        """Back to the file's first window."""
        self.choice = self._default

    def set_window(self, center: float, width: float) -> None:
        """A window by hand, in the file's units, with the function of the one before it."""
        from core.pixels import Window

        function = "LINEAR" if self.is_lookup else self.choice.function  # type: ignore[union-attr]
        self.choice = Window(MANUAL, float(center), max(float(width), 2.0), function)

    def dragged(self, dx: float, dy: float, *, start: tuple[float, float]) -> tuple[float, float]:
        """Centre and width after a drag by logical pixels: right widens, down darkens.

        start: centre and width when the drag began.
        """
        center, width = start
        darker = -1.0 if self._mammogram.header.is_inverted != self.is_inverted else 1.0
        return center + darker * dy / FULL_DRAG * width, max(width * 2 ** (dx / FULL_DRAG), 2.0)

    def table(self) -> NDArray[np.uint32]:
        """(65536,) uint32, opaque grey 0xffRRGGBB for each stored value; inverted air stays black."""
        grey = self._grey(inverted=self.is_inverted, highest=self._highest)
        if self.is_inverted:
            grey = self._with_black_air(grey)
        wide = grey.astype(np.uint32)
        return wide * np.uint32(0x010101) | np.uint32(0xFF000000)

    def _grey(self, *, inverted: bool, highest: int = 65535) -> NDArray[np.uint8]:
        from core.pixels import display_lut

        return display_lut(self._mammogram, self.choice, inverted=inverted, highest=highest)

    @cached_property
    def _highest(self) -> int:
        """The highest stored value of the image: of those above it nothing is shown."""
        return int(self._mammogram.stored.max())

    def _with_black_air(self, grey: NDArray[np.uint8]) -> NDArray[np.uint8]:
        if not self._air_is_known:
            stored_high_is_dark = self._mammogram.header.is_inverted
            self._air = background_level(self._mammogram.stored, high_is_dark=stored_high_is_dark)
            self._air_is_known = True
        if self._air is None:
            return grey
        black = grey.copy()
        if self._mammogram.header.is_inverted:
            black[self._air :] = 0
        else:
            black[: self._air + 1] = 0
        return black
