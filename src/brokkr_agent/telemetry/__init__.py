"""What is told of the cluster as it happens, over the channel: events of Kubernetes, and log lines of pods."""
