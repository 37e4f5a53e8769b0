"""The week as a picture: posts per day, by mood, with the flagged ones on top of them.

Drawn with matplotlib's object interface (no pyplot, no display); matplotlib is imported when a
chart is drawn and not before.
"""

from datetime import timedelta
from io import BytesIO

from responders.digest import Digest

#: Told apart by lightness and hatching as well as by hue, so that they survive a grey print and
#: every kind of colour blindness.
_BANDS = (
    ("negative", "#b3402e", "///"),
    ("neutral", "#c3c9d1", ""),
    ("positive", "#2f7f86", "..."),
)
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_INK = "#1c1f23"


def png(digest: Digest) -> bytes:
    """The chart as a PNG of 1,800 x 840 pixels, readable at a third of that."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator

    figure = Figure(figsize=(9, 4.2), dpi=200, facecolor="white", layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    bottom = [0] * 7
    for name, colour, hatch in _BANDS:
        heights = [getattr(mood, name) for mood in digest.days]
        axes.bar(
            _labels(digest),
            heights,
            bottom=bottom,
            width=0.62,
            color=colour,
            edgecolor="white",
            hatch=hatch,
            linewidth=0.8,
            label=name,
        )
        bottom = [low + height for low, height in zip(bottom, heights, strict=True)]
    angry = [mood.angry for mood in digest.days]
    axes.plot(
        _labels(digest), angry, color=_INK, marker="o", linewidth=1.6, label="flagged for a person"
    )
    for day, count in enumerate(angry):
        if count:
            axes.annotate(
                str(count),
                (day, count),
                textcoords="offset points",
                xytext=(0, 7),
                ha="center",
                fontsize=9,
                color=_INK,
                bbox={"boxstyle": "round,pad=0.15", "fc": "white", "ec": "none", "alpha": 0.85},
            )
    axes.set_ylim(0, max(5, *bottom, *angry) * 1.15)
    axes.yaxis.set_major_locator(MaxNLocator(integer=True, nbins=6))
    axes.set_ylabel("posts")
    axes.spines[["top", "right"]].set_visible(False)
    axes.set_title(_title(digest), loc="left", fontsize=10.5, color=_INK)
    axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0), frameon=False, fontsize=9)
    out = BytesIO()
    figure.savefig(out, format="png", metadata={"Software": "Amends"})
    return out.getvalue()


def _labels(digest: Digest) -> list[str]:
    first = digest.start.date()
    return [f"{name}\n{first + timedelta(days=day):%d %b}" for day, name in enumerate(_DAYS)]


def _title(digest: Digest) -> str:
    # No brand here: it may be in a script that matplotlib's own font does not have.
    return f"Week {digest.week}: {digest.now.posts} posts, {digest.now.angry} flagged for a person"
