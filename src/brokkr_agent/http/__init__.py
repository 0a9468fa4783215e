"""A small HTTP server of our own, for the agent's health and for its control."""

from brokkr_agent.http.answer import Answer, Reply, Stream, problem
from brokkr_agent.http.place import Place
from brokkr_agent.http.request import Request, read_head
from brokkr_agent.http.server import HttpServer

__all__ = ["Answer", "HttpServer", "Place", "Reply", "Request", "Stream", "problem", "read_head"]
