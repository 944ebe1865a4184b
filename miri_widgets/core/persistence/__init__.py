"""After-images: which pixels a bright source spoils later."""
