"""Shifts of groups of exposures: measured, judged, transferred."""
