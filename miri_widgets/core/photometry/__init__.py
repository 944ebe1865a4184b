"""Fluxes of sources: apertures, matched light, catalogues."""
