"""Fakes that follow the real rules: a cluster, a broker, and the server they stand behind. For users' tests too."""
