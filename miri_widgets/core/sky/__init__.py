"""The sky of a program, made of its own exposures."""
