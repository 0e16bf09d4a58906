"""The systems of record: where opportunities come from and where fixes go."""
