"""Words from any classifier: its named classes as a bridge between clips and text, with nothing trained."""
