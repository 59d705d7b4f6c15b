"""`python -m ringback`: the same as the command `ringback`."""

from ringback.app.cli import main

if __name__ == "__main__":
    main()
