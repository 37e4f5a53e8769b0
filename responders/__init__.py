"""What we may say, and who must agree: plain values and pure functions, and the rooms they meet."""
