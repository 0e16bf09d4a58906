"""The section `[chat]` of the configuration."""

from typing import Literal

from pydantic import Field, field_validator

from pipeline.definitions import Definition


class ChatDefinition(Definition):
    """Where the product speaks, and where it tells those who look after it what went wrong."""

    surface: Literal["preview", "slack", "teams"] = Field(
        "preview",
        description="The chat: the local room on this machine, a Slack workspace, or Microsoft Teams.",
    )
    operations_channel: str | None = Field(
        None,
        description="Channel of sales operations, such as #sales-ops: messages that could not be delivered "
        "and the like. Without one each person in [people] operations is told.",
    )
    administrators_channel: str | None = Field(
        None,
        description="Channel of the administrators: jobs that failed. Without one each person in [people] "
        "administrators is told.",
    )

    @field_validator("operations_channel", "administrators_channel")
    @classmethod
    def _named_channel(cls, channel: str | None) -> str | None:
        if channel is not None and not channel.strip("# "):
            raise ValueError("expected a channel's name, such as #sales-ops")
        return channel
