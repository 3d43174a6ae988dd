"""How well: scores, rankings and the numbers of the field, with numpy only."""
