"""Logs of containers, as an API server and its kubelets hand them out."""
