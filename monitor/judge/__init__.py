"""What do we think of a post? One object answers: `Judge().judge(text)`."""

from monitor.judge.judge import DEFAULT_THRESHOLD, Judge

__all__ = ["DEFAULT_THRESHOLD", "Judge"]
