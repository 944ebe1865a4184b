"""Our own Voila launcher and template."""
