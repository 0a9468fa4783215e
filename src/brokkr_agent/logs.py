"""Logging: structlog to standard error, for people or for machines."""

from __future__ import annotations

import logging
import sys

import structlog

from brokkr_agent.config import LogSettings


def configure(settings: LogSettings) -> None:
    """Set logging up for this process.

    Args:
        settings: level and format.
    """
    render: structlog.typing.Processor
    if settings.format == "json":
        render = structlog.processors.JSONRenderer()
    else:
        render = structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            render,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[settings.level.upper()]),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
    )
