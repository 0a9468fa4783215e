"""Show the log lines that agents tell of a stack, as they come: python tail.py URL STACK_ID PAK_FILE [LINES]."""

import sys

from brokkr_core.broker import FilePak
from brokkr_core.broker.channel import ChannelUp, follow_stack
from brokkr_core.model.stream import PodLogLine, Told

url, stack_id, pak_file, *most = sys.argv[1:]
left = int(most[0]) if most else -1
with follow_stack(url, stack_id, pak=FilePak(pak_file)) as tail:
    for item in tail:
        if isinstance(item, ChannelUp):
            print("listening", flush=True)
        if isinstance(item, Told) and isinstance(item.what, PodLogLine):
            print(item.what.pod, item.what.line, flush=True)
            left -= 1
        if not left:
            break
