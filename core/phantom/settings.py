"""The one set of constants that decides how large, how fine and how hard the synthetic mammograms are."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PhantomSettings:
    """Film and difficulty of a cohort.

    Contrasts are in display units, where air is 0, fat about 0.3 and solid gland about 0.7. Each is drawn
    between its two ends for each finding. Lower contrasts, more look-alikes and more noise make it harder.

    film_mm: (height, width) of the film at the detector; each patient's varies by a few per cent.
    spacing_mm: pixel spacing; a coarser one makes the same anatomy on fewer pixels (for quick tests).
    """

    film_mm: tuple[float, float] = (143.4, 80.6)
    spacing_mm: float = 0.07

    benign_mass: tuple[float, float] = (0.15, 0.27)
    malignant_mass: tuple[float, float] = (0.24, 0.36)
    spicules: tuple[float, float] = (0.28, 0.44)
    benign_calcification: tuple[float, float] = (0.28, 0.50)
    malignant_calcification: tuple[float, float] = (0.28, 0.50)
    distortion: tuple[float, float] = (0.28, 0.44)

    islands: tuple[int, int] = (0, 3)  # dense islands in every view: look like masses
    island: tuple[float, float] = (0.03, 0.09)
    crossings: tuple[int, int] = (0, 2)  # crossing strands in every view: look like spiculation
    lone_calcification: float = 0.2  # share of views with one or two harmless specks
    quantum_noise: float = 0.012  # standard deviation in fat

    def __post_init__(self) -> None:
        if self.spacing_mm <= 0 or min(self.film_mm) < 60:
            raise ValueError("a film needs at least 60 mm each way and a spacing above zero")
