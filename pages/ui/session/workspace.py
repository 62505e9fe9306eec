"""A workspace: ratings with every version since they were opened, and the project that keeps them."""

from __future__ import annotations

from dataclasses import dataclass, replace

from nmf_core import Ratings

UNDO_DEPTH, UNDO_RATINGS = 100, 50_000_000  # versions kept, and ratings in all of them: some 400 MB


@dataclass(frozen=True)
class Workspace:
    """Ratings that are open.

    Attributes:
        key: in the drop-down: a sample's, or the project's id.
        title: what people call them.
        versions: the ratings as they were opened, and after each change; `at` is the one now.
        project, version: where they are kept, and the version of it that this session saw; None for a sample.
        unsaved: why they could not be kept; "" if they are.
        viewed, source: of somebody else's project that was opened to look at: the key of its link, and its id. The first change
            makes a copy.
    """

    key: str
    title: str
    versions: tuple[Ratings, ...]
    at: int = 0
    project: str | None = None
    version: int = 0
    unsaved: str = ""
    viewed: str = ""
    source: str | None = None

    @property
    def ratings(self) -> Ratings:
        """The version now."""
        return self.versions[self.at]

    @property
    def kept_in(self) -> str | None:
        """The id of the project that these ratings and labels are of: one's own, or the one that is looked at."""
        return self.project or self.source

    @property
    def origin(self) -> str:
        """The fingerprint of the ratings as they were opened, in the order of names: a file sorted anew is the same project."""
        return self.versions[0].by_name.fingerprint

    def changed(self, ratings: Ratings) -> Workspace:
        """With a new version after the one now; what had been undone is dropped."""
        versions = (*self.versions[: self.at + 1], ratings)
        # The first version names the project and stays; so do the version before and this one, whatever their size.
        while len(versions) > 3 and (
            len(versions) > UNDO_DEPTH or sum(version.n_ratings for version in versions) > UNDO_RATINGS
        ):
            versions = (versions[0], *versions[2:])
        return replace(self, versions=versions, at=len(versions) - 1)

    def stepped(self, by: int) -> Workspace:
        """Some versions back (below 0) or forth."""
        return replace(self, at=min(max(self.at + by, 0), len(self.versions) - 1))
