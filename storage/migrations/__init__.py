"""The schema's history. `./dev migration "what changes"` writes the next step from `storage.tables`."""

HEAD = "0001"
"""The newest step; a database that stands here needs no migrating."""
