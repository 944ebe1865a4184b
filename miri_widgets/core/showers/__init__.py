"""Cosmic-ray showers."""
