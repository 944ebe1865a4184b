"""Run ``python -m miri_widgets.serve FOLDER``."""

from miri_widgets.serve.launcher import main

if __name__ == "__main__":
    main()
