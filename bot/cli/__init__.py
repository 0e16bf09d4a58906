"""The command line: `council`, which is the same as `python -m bot`."""
