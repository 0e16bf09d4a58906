"""The section `[jobs]` of the configuration."""

from pipeline.definitions import Definition


class JobsDefinition(Definition):
    """When the scheduled jobs run."""
