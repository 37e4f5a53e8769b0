"""`python -m monitor` is `amends`."""

from monitor.cli import main

main()
