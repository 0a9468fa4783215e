"""``python -m brokkr_agent`` is the console script."""

from brokkr_agent.start import main

main()
