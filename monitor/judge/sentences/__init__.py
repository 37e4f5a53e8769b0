"""Sentences to learn from, as data; read by the training alone."""
