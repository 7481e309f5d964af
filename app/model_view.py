"""What the model says of the images in sight: of one model from the opening of an image to its closing."""

from __future__ import annotations

from core.domain import Arm, ImageId, ModelId
from core.prediction import Prediction
from storage.records import ModelRecord
from storage.store import Store


class ModelView:
    """One model at a time, whatever is promoted meanwhile.

    A model that comes into use while an image is open is not shown on it before the image is opened again or the
    reader asks. What was shown is kept here, since the store gives up the regions of models that are out of use.

    arm: what the sitting shows before the reader has decided. reader: whose sitting it is.
    """

    def __init__(self) -> None:
        self._store: Store | None = None
        self.arm = Arm.SHOWN
        self.reader = ""
        self.is_reviewing = False
        self._requested: set[ImageId] = set()
        self.model: ModelRecord | None = None
        self._said: dict[ImageId, Prediction | None] = {}

    def set_store(self, store: Store | None) -> None:
        """Another project."""
        self._store, self.model = store, None
        self._said.clear()
        self._requested.clear()

    def renew(self) -> None:
        """Take the model that is in use now: an image is being opened, or the reader asked."""
        current = self._store.current_model() if self._store is not None else None
        if (None if current is None else current.id) != self.model_id:
            self._said.clear()
        self.model = current

    def begin(self, *, reader: str, arm: Arm) -> None:
        """Another sitting."""
        self.reader, self.arm = reader, arm
        self._requested.clear()

    def request(self, image_id: ImageId) -> bool:
        """The reader wants to see the model on an image. Returns whether that changes what is seen."""
        if self.arm is not Arm.ON_REQUEST or self.is_visible(image_id):
            return False
        self._requested.add(image_id)
        return True

    def is_visible(self, image_id: ImageId) -> bool:
        """Whether anything of the model may be seen of an image.

        With the model hidden, only once the reader has decided about the image.
        """
        if self.arm is Arm.SHOWN or self.is_reviewing:
            return True
        if self.arm is Arm.ON_REQUEST:
            return image_id in self._requested
        return self._store is not None and self.reader in self._store.decisions(image_id)

    @property
    def model_id(self) -> ModelId | None:
        """Whose view is shown."""
        return None if self.model is None else self.model.id

    @property
    def newer(self) -> ModelRecord | None:
        """The model that is in use by now, if it is another one."""
        current = self._store.current_model() if self._store is not None else None
        return None if current is None or current.id == self.model_id else current

    def prediction(self, image_id: ImageId) -> Prediction | None:
        """What the model says of an image, None where it says nothing or is not to be seen."""
        if self._store is None or self.model_id is None or not self.is_visible(image_id):
            return None
        if self._said.get(image_id) is None:
            self._said[image_id] = self._store.prediction(image_id, self.model_id)
        return self._said[image_id]
