"""Observable state of a session, without widgets and without pixels."""
