"""Stacks of exposures: order statistics, clipped means, masks, planes on disk."""
