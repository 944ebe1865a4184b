"""What good and harm a step did, measured on its own products."""
