"""What the running application writes down: events with ids, never what people typed or records hold."""

import sys

import structlog


def log_to_stderr() -> None:
    """Readable lines on the standard error; the standard output belongs to answers."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            # The default formatter prints the values of variables, which hold records.
            structlog.dev.ConsoleRenderer(
                colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
            ),
        ],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
