"""Exports in real files, read by the real reader."""
