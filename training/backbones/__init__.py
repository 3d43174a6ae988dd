"""Small backbones trained on one's own clips: a network of sound, a network of pictures."""
