"""A folder of CSV exports as a system of record."""
