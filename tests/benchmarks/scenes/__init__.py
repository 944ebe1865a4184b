"""
Scenes that share nothing with our simulator: the second truth.

Constants are chosen on the scenes that are not held, and judged on those that are: `catalogue.SCENES`.
"""
