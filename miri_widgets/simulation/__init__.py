"""Simulated MIRI imager programs with known truth, and the reference files that match them."""
