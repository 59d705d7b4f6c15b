"""Where the log goes."""

import sys

import structlog


def log_to_stderr() -> None:
    """Write the log where it does not mix with what a command prints.

    Tracebacks are plain: one that shows variables would show the API keys and passwords among them.
    """
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.StackInfoRenderer(),
            structlog.dev.set_exc_info,
            structlog.processors.TimeStamper(fmt="iso"),
            structlog.dev.ConsoleRenderer(
                colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
            ),
        ],
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
    )
