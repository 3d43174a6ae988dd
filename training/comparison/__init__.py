"""Methods against each other and against what their papers print, by one protocol."""
