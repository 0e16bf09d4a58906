"""The schema's history. `./dev migration` prints what the next step has to do."""

HEAD = "0026"
"""The newest step; a database that stands here needs no migrating."""
