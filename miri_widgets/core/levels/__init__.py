"""Levels of exposures: measured, matched, and smooth surfaces."""
