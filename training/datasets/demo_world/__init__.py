"""A small audio-visual world, rendered: things doing something, seen and heard at the same instants."""
