"""The section `[nudges]` of the configuration."""

from pipeline.definitions import Definition


class NudgesDefinition(Definition):
    """Digests, their quiet times, the weekly budget of messages and the escalation ladder."""
