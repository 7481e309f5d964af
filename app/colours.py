"""The colours of the window, dark and light: data, and how far two colours are apart."""

from __future__ import annotations

from dataclasses import dataclass, fields
from enum import StrEnum


class Look(StrEnum):
    """Which colours the window wears. The ground under a mammogram is black in both."""

    DARK = "dark"
    LIGHT = "light"


@dataclass(frozen=True, slots=True)
class Colours:
    """One look, as '#rrggbb' each. The style sheet calls them by name: '@panel'.

    Grounds: window, base (lists and fields), alternate (every other row), panel, raised (buttons), hover, status, message,
    warning_ground, card, selection, primary, primary_hover. Texts: text, bright_text, dim_text, disabled_text, placeholder,
    link, warning, selection_text, primary_text. The rest are lines and marks; accent is the frame of what has the focus.
    """

    window: str
    base: str
    alternate: str
    panel: str
    raised: str
    hover: str
    status: str
    message: str
    warning_ground: str
    card: str
    selection: str
    primary: str
    primary_hover: str
    text: str
    bright_text: str
    dim_text: str
    disabled_text: str
    placeholder: str
    link: str
    warning: str
    selection_text: str
    primary_text: str
    accent: str
    primary_line: str
    primary_focus: str
    line: str
    strong_line: str
    faint_line: str
    mark: str
    handle: str
    wrong: str
    training_curve: str
    validation_curve: str

    def fill(self, style_sheet: str) -> str:
        """A style sheet with '@name' replaced by colours. A name that is none of ours raises ValueError."""
        for name in sorted((field.name for field in fields(self)), key=len, reverse=True):
            style_sheet = style_sheet.replace(f"@{name}", getattr(self, name))
        if "@" in style_sheet:
            raise ValueError(f"no such colour: {style_sheet[style_sheet.index('@') :][:24]}")
        return style_sheet


DARK = Colours(
    window="#1d2023",
    base="#15171a",
    alternate="#1a1d20",
    panel="#24282c",
    raised="#2d3238",
    hover="#363c43",
    status="#191c1f",
    message="#2a3138",
    warning_ground="#362f24",
    card="#212529",
    selection="#2c4a66",
    primary="#2f5f8c",
    primary_hover="#376c9e",
    text="#d5d9de",
    bright_text="#ffffff",
    dim_text="#a0a7b0",
    disabled_text="#737b84",
    placeholder="#8a919a",
    link="#8fbce6",
    warning="#e0a458",
    selection_text="#ffffff",
    primary_text="#ffffff",
    accent="#5b9bd5",
    primary_line="#3f76a8",
    primary_focus="#cfe4f8",
    line="#3a4047",
    strong_line="#454c54",
    faint_line="#2b3035",
    mark="#59616a",
    handle="#aab2bb",
    wrong="#7a4a1e",
    training_curve="#7f8a96",
    validation_curve="#5b9bd5",
)
LIGHT = Colours(
    window="#eff1f3",
    base="#ffffff",
    alternate="#f6f7f9",
    panel="#e6e9ec",
    raised="#fafbfc",
    hover="#dfe4e9",
    status="#e6e9ec",
    message="#e1ecf7",
    warning_ground="#fbeed6",
    card="#f9fafb",
    selection="#cbe0f4",
    primary="#22639f",
    primary_hover="#2b6fad",
    text="#1d2125",
    bright_text="#000000",
    dim_text="#525a63",
    disabled_text="#7c848d",
    placeholder="#666e77",
    link="#1a5c99",
    warning="#854f00",
    selection_text="#0c2338",
    primary_text="#ffffff",
    accent="#1f6fb5",
    primary_line="#1b5285",
    primary_focus="#ffcf70",
    line="#c2c8cf",
    strong_line="#a9b1ba",
    faint_line="#d5dade",
    mark="#878f98",
    handle="#636b74",
    wrong="#f0c08a",
    training_curve="#737d88",
    validation_curve="#1f6fb5",
)
LOOKS = {Look.DARK: DARK, Look.LIGHT: LIGHT}


def contrast(one: str, other: str) -> float:
    """Contrast ratio of two colours '#rrggbb', 1 to 21 (WCAG 2.2); text needs 4.5, a frame or a mark 3."""
    bright, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    channels = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
