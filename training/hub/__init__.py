"""Pre-trained shared spaces from a model hub: fetched, checked and written as backbones and text encoders."""
