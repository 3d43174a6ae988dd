"""`python -m sightsound`, and what torchrun starts: the command in a process whose interpreter somebody chose."""

from sightsound.cli import main

if __name__ == "__main__":
    main()
