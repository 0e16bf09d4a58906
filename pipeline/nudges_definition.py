"""The section `[nudges]` of the configuration."""

from pydantic import Field

from pipeline.definitions import Definition


class NudgesDefinition(Definition):
    """Digests, their quiet times, the weekly budget of messages and the escalation ladder."""

    messages_per_week: int = Field(
        3,
        ge=1,
        description="So many messages that nobody asked for does a person get in a week, Monday to Sunday in "
        "their time zone. The next message says what was held back; /held shows it.",
    )
