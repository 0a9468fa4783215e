"""Turn Kubernetes YAML into a proven change of a cluster."""
