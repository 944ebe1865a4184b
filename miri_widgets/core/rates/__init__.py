"""Count rates and integrations."""
