"""Is everything in a project as it was left? Each check says what is wrong and what to do; none changes anything."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from core.feature_folder import in_words, limit_bytes, usage
from core.feature_store import verify_folder
from core.job import read_result, sha256_of
from storage.database import open_read_only
from storage.project import DATABASE, Project
from storage.records import ImageRecord


@dataclass(frozen=True, slots=True)
class Trouble:
    """One thing that is not as it should be. what: a sentence; advice: what to do about it, a sentence."""

    what: str
    advice: str

    def __str__(self) -> str:
        return f"{self.what} {self.advice}"


def check_database(folder: Path) -> list[Trouble]:
    """Read every page and every reference of project.db."""
    advice = "Restore it from the newest file in the project's 'backups' folder."
    with closing(open_read_only(folder / DATABASE).conn) as connection:
        try:
            pages = [row[0] for row in connection.execute("PRAGMA integrity_check(10)") if row[0] != "ok"]
            tables = sorted({row[0] for row in connection.execute("PRAGMA foreign_key_check")})
        except sqlite3.DatabaseError as error:
            pages, tables = [str(error)], []
    troubles = [Trouble(f"project.db is damaged ({pages[0]}).", advice)] if pages else []
    if tables:
        troubles.append(Trouble(f"Rows of {', '.join(tables)} refer to rows that are not there.", advice))
    return troubles


def check_images(
    images: Sequence[ImageRecord], *, progress: Callable[[int, int], None] | None = None
) -> list[Trouble]:
    """Compare every image file with the content that was imported."""
    troubles = []
    for number, image in enumerate(images, start=1):
        if trouble := _check_image(image):
            troubles.append(trouble)
        if progress:
            progress(number, len(images))
    return troubles


def check_features(project: Project) -> list[Trouble]:
    """Read every record of every feature file, of images and of variants."""
    advice = "Nothing is lost: `lesionloop features` computes again what is missing."
    return [Trouble(sentence, advice) for sentence in verify_folder(project.features_folder)]


def features_in_words(project: Project) -> str:
    """How large the features folder is, in how many files, and what its default limit is: one sentence."""
    files = usage(project.features_folder)
    size = in_words(sum(file.size for file in files))
    limit = in_words(limit_bytes(project.features_folder))
    return f"The region features take {size} in {len(files)} files; {limit} are allowed by default."


def check_models(project: Project) -> list[Trouble]:
    """Compare every model's files with the hashes that were stored with it."""
    troubles = []
    for model in project.store.models():
        advice = (
            "It is the current model: use another one with `lesionloop models PROJECT promote N`, or train again."
            if model.is_current
            else "It is not the current model; its predictions stay."
        )
        weights = model.folder / "weights.safetensors"
        try:
            read_result(model.folder)
            is_whole = sha256_of(weights) == model.sha256
        except (ValueError, OSError):
            is_whole = False
        if not is_whole:
            troubles.append(Trouble(f"Files of the model {model.name!r} are missing or changed.", advice))
    return troubles


def _check_image(image: ImageRecord) -> Trouble | None:
    if not image.can_be_shown:
        return Trouble(
            f"Image {image.id} cannot be used: {image.failure}", "Import its folder again when it is mended."
        )
    try:
        if sha256_of(image.path) == image.content_hash:
            return None
    except OSError:
        return Trouble(
            f"The file of image {image.id} ({image.name}) is missing or cannot be read.",
            "Put it back, or import the folder where it is now: it is known by its content.",
        )
    return Trouble(
        f"The file of image {image.id} ({image.name}) is not the one that was imported.",
        "Put the original back; contours and features belong to that one.",
    )
