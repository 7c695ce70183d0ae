"""The best weights of a run on disk: in their place, or elsewhere as long as that cannot be written."""

import shutil
import tempfile
import warnings
from collections.abc import Callable
from pathlib import Path

from ...errors import WriteError


class Keeper:
    """Writes weights again and again, each time instead of those before.

    save (Callable[[Path], None]): writes what is to be kept as a folder, whole or not at all.
    out (Path): its place.
    """

    def __init__(self, save: Callable[[Path], None], out: Path) -> None:
        self.save, self.out = save, out
        self.place: Path | None = None  # of what was written last
        self.failure: WriteError | None = None  # why it is not in its place

    def keep(self) -> bool:
        """Write what there is now; where its place is full or read-only, into a temporary folder.

        RETURNS (bool): whether it is on a disk.
        """
        before = self.place
        try:
            self.save(self.out)
            self.place, self.failure = self.out, None
        except WriteError as error:
            self.failure = error
            found = self._keep_elsewhere()
            what = f"they are in {found}, as long as there is no better place" if found else "they are lost"
            warnings.warn(f"{error} The weights go on learning; what they are now: {what}.", stacklevel=2)
            if found is None:
                return False
            self.place = found
        if before not in (None, self.out, self.place):
            shutil.rmtree(before.parent, ignore_errors=True)
        return True

    def require_in_place(self) -> None:
        """RAISES (WriteError): when the weights are elsewhere, or nowhere; it says where."""
        if self.failure is not None:
            kept = f"Kept in {self.place}: move that there." if self.place else "Nothing could be kept."
            raise WriteError(f"{self.failure} {kept}")

    def _keep_elsewhere(self) -> Path | None:
        """RETURNS (Path | None): a folder on the first disk that takes it; None where none does."""
        for folder in (tempfile.gettempdir(), Path.cwd(), Path.home(), Path("/dev/shm")):
            try:
                place = Path(tempfile.mkdtemp(prefix=f"{self.out.name}-", dir=folder)) / self.out.name
            except OSError:
                continue
            try:
                self.save(place)
                return place
            except WriteError:
                shutil.rmtree(place.parent, ignore_errors=True)
        return None
