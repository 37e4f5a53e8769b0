"""The browser that the console is looked at with, where this machine has one."""

import shutil

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
#: No sandbox within a container, and no calls home.
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
