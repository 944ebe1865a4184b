"""The stages, their parameters and their execution around the official jwst pipeline."""
