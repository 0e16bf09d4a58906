"""The program: `council`, and `python -m bot`."""

import sys

from bot.cli.command_line import run


def main() -> None:
    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
