"""Controls shared by the panels."""
