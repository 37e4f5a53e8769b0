"""Meta's Graph API, as far as Facebook pages and Instagram accounts share it.

`wire` sends requests and tells what Meta's answers mean, `walk` holds how far posts and their
comments are read, `rules` what Meta allows, `talk` reads private messages, `site` is the methods
that both connectors have.
"""
