"""The word lists, as data: one TOML file for each kind of list."""
