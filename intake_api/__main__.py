"""The command line: `python -m intake_api …`."""

from intake_api.cli import main

if __name__ == "__main__":
    main()
