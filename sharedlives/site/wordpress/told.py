"""What happened to one text on its way here; the report names it."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class Told:
    """Each a sentence and a detail, said once."""

    losses: list[tuple[str, str]] = field(default_factory=list)
    notes: list[tuple[str, str]] = field(default_factory=list)

    def lost(self, said: str, detail: str = "") -> None:
        if (said, detail) not in self.losses:
            self.losses.append((said, detail))

    def note(self, said: str, detail: str = "") -> None:
        if (said, detail) not in self.notes:
            self.notes.append((said, detail))
