"""The front door: `python main.py --help` lists what it can do; the command line lives in gateway/cli.py."""

import sys

from gateway import cli

if __name__ == "__main__":
    sys.exit(cli.main())
