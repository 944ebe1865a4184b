"""Science on arrays: NumPy, SciPy, Astropy and photutils in, arrays and numbers out."""
