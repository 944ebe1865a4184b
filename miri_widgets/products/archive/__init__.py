"""The archive: what it has, and what it says when it has not."""
