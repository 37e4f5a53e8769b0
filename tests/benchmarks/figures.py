"""One measured figure, as it is printed."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Figure:
    """What was measured, in which unit, and what was aimed at."""

    what: str
    value: float
    unit: str = ""
    aim: str = ""

    def line(self) -> str:
        """One line of the table."""
        shown = f"{self.value:,.3f}" if self.value < 100 else f"{self.value:,.0f}"
        return f"{self.what:58} {shown + ' ' + self.unit:>16}  {self.aim}"
