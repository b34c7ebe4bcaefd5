"""`python -m proguard`, the same as the console script `proguard`."""

from proguard.cli import main

if __name__ == "__main__":
    main()
