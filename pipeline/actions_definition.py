"""The section `[actions]` of the configuration."""

from pipeline.definitions import Definition


class ActionsDefinition(Definition):
    """The types of actions that managers assign."""
