"""Downloads that go on where they stopped."""
