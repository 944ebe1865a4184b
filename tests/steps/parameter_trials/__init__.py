"""Small runs that show, by their products, which parameters act: their values, their exposures, and who runs them."""
