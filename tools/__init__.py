"""Tools for this repository: documentation generators and measures of its prose. Not installed; run as `python -m tools.NAME`."""
