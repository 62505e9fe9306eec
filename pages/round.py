from __future__ import annotations

from pages.ui import show
from pages.ui.rounds import teacher

show.page(
    "Blind round",
    "Let a class name the features, each on a device of their own and unseen by the others; then see how far they agree.",
)
teacher.with_code()
teacher.panel(show.ready())
